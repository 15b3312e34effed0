"""The prose keeps to British spelling and plain words, and no committed file names a person's folder."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

SPELLINGS = {
    r"behaviors?": "behaviour",
    r"colou?rize[ds]?|colors?|colored|coloring": "colour",
    r"centers?|centered": "centre",
    r"neighbors?|neighboring": "neighbour",
    r"favorites?": "favourite",
    r"gray": "grey",
    r"labeled|labeling|unlabeled": "labelled",
    r"modeled|modeling": "modelled",
    r"(normali|initiali|visuali|summari|generali|optimi|minimi|maximi|regulari|memori)(ze[ds]?|zing|zations?)": "-is-",
    r"analyze[ds]?|analyzing": "analyse",
}
EMPTY_WORDS = r"obviously|needless to say|it is worth noting|cutting-edge|game-chang\w+|delve[sd]?"

# Code, formulas, addresses and HTML tags are not prose: nn.init.normal_, color=…, "center" in CSS.
NOT_PROSE = re.compile(r"```.*?```|`[^`]*`|\$\$.*?\$\$|\$[^$\n]*\$|\]\([^)]*\)|https?://\S+|<[^>]*>", re.DOTALL)
# A title keeps the spelling of its authors: a paragraph of sources holds titles.
SOURCES = re.compile(r"^\*\*Sources\.\*\*(?:.+\n?)+", re.MULTILINE)


def markdown_cells(script):
    """The Markdown cells of a percent script, without their comment signs."""
    cells = re.split(r"^# %%", script, flags=re.MULTILINE)
    texts = [cell.partition("\n")[2] for cell in cells if "[markdown]" in cell.partition("\n")[0]]
    return re.sub(r"^# ?", "", "\n".join(texts), flags=re.MULTILINE)


def prose():
    """Every document and every notebook's Markdown, by path."""
    texts = {path: path.read_text("utf-8") for path in ROOT.glob("*.md")}
    for path in ROOT.glob("notebooks/py/**/*.py"):
        texts[path] = markdown_cells(path.read_text("utf-8"))
    return texts


def spelling_mistakes(text):
    """Words of a text that British English spells otherwise, and words that say nothing."""
    text = SOURCES.sub(" ", NOT_PROSE.sub(" ", text))
    for pattern, better in SPELLINGS.items():
        found = re.findall(rf"\b(?:{pattern})\b", text, re.IGNORECASE)
        yield from (f"American spelling (write {better}): {pattern}" for _ in found)
    yield from (f"leave out: {word}" for word in re.findall(rf"\b(?:{EMPTY_WORDS})\b", text, re.IGNORECASE))


def committed_text():
    """Every text file that git tracks, or all the same kinds of file where this is no git checkout."""
    command = ["git", "ls-files", "-z"]
    listing = subprocess.run(command, cwd=ROOT, capture_output=True, check=False)
    names = listing.stdout.decode().split("\0") if listing.returncode == 0 else []
    found = [ROOT / name for name in names if name] or [*ROOT.glob("notebooks/**/*"), *ROOT.glob("lecture_utils/**/*")]
    kinds = {".py", ".md", ".ipynb", ".toml", ".yml", ".svg", ".json", ".txt", ""}
    return [path for path in found if path.is_file() and path.suffix in kinds]


def test_prose_is_plain_and_british():
    texts = prose()
    assert len(texts) > 2
    mistakes = [f"{path.relative_to(ROOT)}: {word}" for path, text in texts.items() for word in spelling_mistakes(text)]
    assert not mistakes, "\n" + "\n".join(mistakes)


def test_no_committed_file_names_a_persons_folder():
    own = [str(folder) + "/" for folder in (ROOT, Path.home()) if folder != Path("/")]
    files = committed_text()
    assert files
    found = [f"{path.relative_to(ROOT)}: {name}" for path in files for name in own if name in path.read_text("utf-8")]
    assert not found, "\n" + "\n".join(found)


@pytest.mark.parametrize("text", ["The color of a box.", "We normalize it.", "Labeled data", "This is obviously so."])
def test_a_mistake_is_found(text):
    assert len(list(spelling_mistakes(text))) == 1


@pytest.mark.parametrize(
    "text",
    [
        "The colour of a box; normalised, labelled, modelling; the size of a prize.",
        "Call `torch.nn.functional.normalize` with `color='gray'`.",
        "```\nplt.plot(x, color='gray')\n```",
        '<img style="text-align: center">',
        "$\\color{red} x$ and [a page](https://example.org/color-behavior)",
    ],
)
def test_code_formulas_and_addresses_are_left_alone(text):
    assert list(spelling_mistakes(text)) == []


def test_titles_in_sources_keep_their_spelling_and_what_comes_after_does_not():
    text = "**Sources.** A. Author, *Language\nmodeling*, 2015.\n\nThe color.\n"
    [mistake] = spelling_mistakes(text)
    assert "colour" in mistake


def test_only_markdown_cells_count_as_prose():
    script = "# %% [markdown]\n# The color.\n# %%\nmodeled = 1  # modeled\n"
    assert len(list(spelling_mistakes(markdown_cells(script)))) == 1
