// The front end of a stage: parts from Python, frames switched here, keys kept from the notebook.

const SCROLLERS = "pre, .unrolled-scroll";
const FOCUSABLE = `a[href], button, input, select, textarea, summary, [tabindex], [contenteditable], ${SCROLLERS}`;

/** The explorer around the stage; its controls are siblings, drawn by other widgets. */
const explorerOf = (el) => el.closest(".unrolled-explorer") ?? el;

/** JupyterLab acts on single letters unless the focused element itself carries this attribute. */
function keepKeys(root) {
  for (const box of root.querySelectorAll(SCROLLERS)) nameScroller(box);
  for (const field of root.querySelectorAll(".unrolled-field")) tieSentence(field);
  for (const row of root.querySelectorAll(".unrolled-presets")) {
    row.setAttribute("role", "group");
    row.setAttribute("aria-label", "Presets, also on the number keys");
  }
  for (const node of root.querySelectorAll(FOCUSABLE)) {
    keepKeysOf(node);
    nameControl(node);
  }
}

function keepKeysOf(node) {
  if (!node.hasAttribute("data-lm-suppress-shortcuts")) node.setAttribute("data-lm-suppress-shortcuts", "true");
}

/** What was drawn a moment ago may take the focus before the watch has reached it. */
const keepKeysOnFocus = (event) => keepKeysOf(event.target);

/** A browser lets the keyboard scroll what is wider than its box: then it says what it is. */
function nameScroller(box) {
  const scrolls = box.scrollWidth > box.clientWidth + 1;
  if (scrolls === (box.getAttribute("role") === "region")) return;
  if (!scrolls) return ["tabindex", "role", "aria-label"].forEach((name) => box.removeAttribute(name));
  const heading = box.closest("[data-heading]")?.dataset.heading;
  box.setAttribute("aria-label", `${heading ?? box.closest("div:has(> h4)")?.querySelector("h4")?.textContent ?? "Picture"}, scrolls sideways`);
  box.setAttribute("role", "region");
  box.tabIndex = 0;
}

let fields = 0;

/** The sentence below a control belongs to it, for those who hear the page. */
function tieSentence(field) {
  const place = field.querySelector(".widget-html-content");
  const control = field.querySelector("input, select, textarea");
  if (!place || !control) return;
  if (!place.id) {
    place.id = `unrolled-sentence-${(fields += 1)}`;
    place.setAttribute("role", "status");
    control.setAttribute("aria-describedby", place.id);
  }
  const wrong = String(Boolean(place.querySelector(".unrolled-sentence:not(.unrolled-right)")));
  if (control.getAttribute("aria-invalid") !== wrong) control.setAttribute("aria-invalid", wrong);
}

/** A slider's handle and readout have no name of their own: they take the words of the label beside them. */
function nameControl(node) {
  if (node.hasAttribute("aria-label") || node.labels?.length) return;
  const label = node.closest(".widget-inline-hbox, .widget-hbox")?.querySelector(".widget-label");
  const words = label?.textContent.trim();
  if (!words) return;
  if (node.classList.contains("noUi-handle")) node.setAttribute("aria-label", words);
  if (node.classList.contains("widget-readout")) {
    node.setAttribute("aria-label", `${words}, typed`);
    node.setAttribute("role", "textbox");
  }
}

/** Arrow up and down count in a field for numbers, as they do in a browser's own. */
function countWithArrows(event) {
  const step = { ArrowUp: 1, ArrowDown: -1 }[event.key];
  const field = event.target;
  if (!step || !field.closest?.(".unrolled-number") || !/^\s*\d+\s*$/.test(field.value)) return;
  event.preventDefault();
  field.value = String(Math.max(0, Number(field.value) + step));
  field.dispatchEvent(new Event("input", { bubbles: true }));
  field.dispatchEvent(new Event("change", { bubbles: true }));
}

const TYPED_IN = "input:not([type=range], [type=checkbox]), textarea, select, [contenteditable]";

/** The keys 1 to 9 press the presets, except where a digit is something that one types. */
function pressPreset(event) {
  if (!/^[1-9]$/.test(event.key) || event.ctrlKey || event.altKey || event.metaKey) return;
  if (event.target.closest(TYPED_IN)) return;
  const preset = event.currentTarget.querySelectorAll(".unrolled-presets button")[Number(event.key) - 1];
  if (!preset) return;
  event.preventDefault();
  preset.click();
}

/** A button that hides its own row hands the focus to the tick box that brings the row back. */
function keepFocus(event) {
  const row = event.target.closest?.(".unrolled-form");
  if (!row) return;
  setTimeout(() => {
    const lost = document.activeElement === document.body || !document.activeElement.checkVisibility();
    if (lost) explorerOf(row).querySelector(".unrolled-predict input")?.focus();
  }, 400);
}

function watchExplorer(el) {
  const root = explorerOf(el);
  if (root.dataset.unrolledWatched) return () => {};
  root.dataset.unrolledWatched = "true";
  keepKeys(root);
  // a moment later and once for many changes: asking for widths in the middle of a drag makes the page lay out twice
  let soon = null;
  const keepKeysSoon = () => (soon ??= setTimeout(() => ((soon = null), keepKeys(root)), 30));
  const observer = new MutationObserver(keepKeysSoon);
  observer.observe(root, { childList: true, subtree: true });
  const resized = new ResizeObserver(keepKeysSoon);
  resized.observe(root);
  root.addEventListener("focusin", keepKeysOnFocus);
  root.addEventListener("click", keepFocus);
  root.addEventListener("keydown", pressPreset, true);
  root.addEventListener("keydown", countWithArrows, true); // before the field, which lets no key pass upwards
  return () => {
    clearTimeout(soon);
    observer.disconnect();
    resized.disconnect();
    root.removeEventListener("focusin", keepKeysOnFocus);
    root.removeEventListener("click", keepFocus);
    root.removeEventListener("keydown", pressPreset, true);
    root.removeEventListener("keydown", countWithArrows, true);
    delete root.dataset.unrolledWatched;
  };
}

/** Replace only what changed: an open table stays open, and a drag touches few nodes. */
function drawParts(model, box) {
  const parts = model.get("parts");
  for (const node of [...box.children]) if (!(node.dataset.part in parts)) node.remove();
  for (const [name, html] of Object.entries(parts)) {
    let node = box.querySelector(`:scope > [data-part="${CSS.escape(name)}"]`);
    if (!node) {
      node = document.createElement("div");
      node.dataset.part = name;
      if (name === "heard") node.setAttribute("aria-live", "polite");
      box.append(node);
    }
    if (node.unrolledHtml === html) continue;
    const open = [...node.querySelectorAll("details")].map((details) => details.open);
    node.unrolledHtml = html;
    node.innerHTML = html;
    node.querySelectorAll("details").forEach((details, index) => (details.open = open[index] ?? details.open));
    node.querySelectorAll("button[data-copy]").forEach(makeCopy);
  }
}

function makeCopy(button) {
  const words = button.textContent;
  let timer = null;
  button.setAttribute("aria-live", "polite");
  button.addEventListener("click", async () => {
    clearTimeout(timer);
    try {
      await navigator.clipboard.writeText(button.dataset.copy);
      button.textContent = "Copied ✓";
    } catch (problem) {
      button.textContent = "The browser did not allow copying: select the lines and copy them";
    }
    timer = setTimeout(() => (button.textContent = words), 2500);
  });
}

const button = (words, label) => {
  const node = document.createElement("button");
  node.type = "button";
  node.textContent = words;
  node.setAttribute("aria-label", label);
  return node;
};

/** A bar with buttons and a slider, the picture, and a line that a screen reader hears after each change. */
function makeFrames(model, box) {
  const bar = document.createElement("div");
  bar.className = "unrolled-bar";
  const slider = Object.assign(document.createElement("input"), { type: "range", min: 0, step: 1 });
  const [first, back, next, group] = [
    button("|◀ First", "First frame"),
    button("◀ Back", "One frame back"),
    button("Next ▶", "One frame forward"),
    button("Next step ▶|", "To the next time step"),
  ];
  const play = button("▶ Play", "Play");
  const caption = Object.assign(document.createElement("p"), { className: "unrolled-caption" });
  caption.setAttribute("aria-live", "polite");
  const picture = document.createElement("div");
  picture.className = "unrolled-frame";
  bar.append(first, back, slider, next, group, play);
  box.append(bar, caption, picture);
  let timer = null;
  let drawn = []; // each frame is parsed once, in an idle moment or when it is first shown

  const frames = () => model.get("frames");
  const draw = (index) => {
    if (drawn[index]) return drawn[index];
    drawn[index] = document.createElement("div");
    drawn[index].innerHTML = frames()[index].html;
    return drawn[index];
  };
  const drawAhead = (mine, index = 0) => {
    if (mine !== drawn || index >= frames().length) return;
    draw(index);
    setTimeout(drawAhead, 0, mine, index + 1);
  };
  const stop = () => {
    clearInterval(timer);
    timer = null;
    caption.setAttribute("aria-live", "polite");
    play.textContent = "▶ Play";
    play.setAttribute("aria-label", "Play");
  };
  const go = (index) => {
    const last = frames().length - 1;
    const at = Math.min(Math.max(index, 0), last);
    const frame = frames()[at];
    if (!frame) return;
    slider.value = at;
    slider.setAttribute("aria-valuetext", frame.caption);
    caption.textContent = frame.caption;
    const open = picture.querySelector("details")?.open;
    picture.replaceChildren(draw(at));
    const details = picture.querySelector("details");
    if (details && open !== undefined) details.open = open;
    if (at === last) stop();
  };
  const at = () => Number(slider.value);
  const nextGroup = () => {
    const here = frames()[at()]?.group;
    const found = frames().findIndex((frame, index) => index > at() && frame.group !== here);
    return found < 0 ? frames().length - 1 : found;
  };
  const restart = () => {
    stop();
    drawn = [];
    setTimeout(drawAhead, 100, drawn);
    box.hidden = frames().length === 0;
    slider.max = Math.max(frames().length - 1, 0);
    slider.setAttribute("aria-label", model.get("frames_label"));
    go(model.get("frame"));
  };
  slider.addEventListener("input", () => { stop(); go(at()); });
  first.addEventListener("click", () => { stop(); go(0); });
  back.addEventListener("click", () => { stop(); go(at() - 1); });
  next.addEventListener("click", () => { stop(); go(at() + 1); });
  group.addEventListener("click", () => { stop(); go(nextGroup()); });
  play.addEventListener("click", () => {
    if (timer) return stop();
    if (at() === frames().length - 1) go(0);
    caption.setAttribute("aria-live", "off"); // nobody can hear a sentence every second
    play.textContent = "❚❚ Pause";
    play.setAttribute("aria-label", "Pause");
    timer = setInterval(() => go(at() + 1), 900);
  });
  restart();
  return { restart, stop };
}

function render({ model, el }) {
  el.classList.add("unrolled-stage");
  const [parts, framesBox] = [document.createElement("div"), document.createElement("div")];
  parts.className = "unrolled-parts";
  framesBox.className = "unrolled-frames";
  el.append(framesBox, parts);
  const draw = () => drawParts(model, parts);
  let frames = null;
  const drawFrames = () => {
    if (frames) frames.restart();
    else if (model.get("frames").length) frames = makeFrames(model, framesBox);
  };
  draw();
  drawFrames();
  model.on("change:parts", draw);
  model.on("change:frames", drawFrames);
  let unwatch = () => {};
  // the stage is drawn before it is placed beside the explorer's controls
  const waiting = setInterval(() => {
    if (!el.isConnected) return;
    clearInterval(waiting);
    unwatch = watchExplorer(el);
  }, 20);
  return () => {
    clearInterval(waiting);
    frames?.stop();
    unwatch();
    model.off("change:parts", draw);
    model.off("change:frames", drawFrames);
    el.replaceChildren();
  };
}

export default { render };
