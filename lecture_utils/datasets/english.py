"""`english`: short English sentences with part-of-speech tags, drawn from the grammar in this file.

Many words have more than one tag, and often only the words to the right say which: *Water the flowers .* and *Water
pipes are old .*; *Ivy leaves at noon .* and *Ivy leaves are green .*; *She came before the meal .* and *She came
before the meal began .*. Elsewhere the words to the left do: *to run*, *a run*.

The tags are the universal ones, used as the Universal Dependencies corpora of English use them: "her" and "my" are
PRON, "to" is PART before a verb, a copula is AUX, "not" is PART. In *Teddy Roosevelt* the first word is a name, PROPN;
in *Teddy bears* it is NOUN, because it is no person's name there: it says what kind of bears, as *rose* does in *rose
gardens*, and has a capital only because the sentence starts.

Each sentence has a topic. It is for scoring only: in "money-bank" and "river-bank" it tells the two senses of one word,
which have the same tag; in "bank" the sentence does not say which.
"""

from __future__ import annotations

import random
from functools import cache
from typing import NamedTuple

from lecture_utils.datasets.corpus import Entry

_UPOS = "ADJ ADP ADV AUX CCONJ DET INTJ NOUN NUM PART PRON PROPN PUNCT SCONJ VERB"
UPOS = tuple(_UPOS.split())


def _table(text: str) -> dict[str, str]:
    """Lines "name: what"; an indented line goes on with the one above; after a "#" stands a remark."""
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    joined = "\n".join(lines).replace("\n    ", " ")
    return dict(line.split(": ", 1) for line in joined.splitlines())


# A kind of word: its tag, and the words.
LEXICON = _table("""
name: PROPN Anna Ben Clara David Emma Hugo Lena Marta Noah Olga Peter Tomas Yuki
word-name: PROPN Teddy Rose Frank Mark Grace Ivy Daisy Robin Ruby Will May Hope Cherry
surname: PROPN Roosevelt Hill Stone Baker Young Brown Wood Rivers Marsh Field
who: PRON you we they
whom: PRON him her them
me: PRON me us
whose: PRON my your his her our their
he: PRON he she
person: NOUN teacher farmer baker doctor singer painter neighbour sailor student girl boy woman man cook guard
    judge nurse gardener
people: NOUN teachers farmers doctors singers sailors students children girls boys men women cooks guards nurses
animal: NOUN dog cat horse cow goat fox hen bear duck pig bird rabbit
animals: NOUN dogs cats horses cows goats foxes hens bears ducks pigs birds rabbits
thing: NOUN box lamp chair book letter bag cup bottle watch key ring picture clock bell saw can present match
things: NOUN boxes lamps chairs books letters bags cups bottles watches keys rings pictures clocks saws cans
place: NOUN kitchen garden school park house market station village library forest hotel museum well
food: NOUN bread soup rice cheese cake fish fruit jam honey milk
meal: NOUN meal party lesson concert play match storm race dance war
time: NOUN noon midnight sunrise dinner lunch breakfast
day: PROPN Monday Tuesday Wednesday Thursday Friday Saturday Sunday
yesterday: NOUN yesterday today
number: NUM two three four five six ten twelve
degree: ADV very so quite rather really too
manner: ADV well fast hard badly slowly quietly early late
light: ADJ light present cold right second kind green back iron
light-noun: NOUN light present cold right second kind green back iron
feeling: ADJ happy hungry tired thirsty cold warm sad angry bored sleepy busy ready
adjective: ADJ big small new tall quiet clean dry cold warm kind light heavy green yellow present second right
    fast late young beautiful cheap
quality: ADJ big small new tall clean dry cold warm light heavy green yellow beautiful old cheap long
is: AUX is was
are: AUX are were
modal: AUX can will must may might could should would
preposition: ADP in near behind inside outside
way: ADP to past through inside outside up down
this: DET this that
these: DET these those
and: CCONJ and but
because: SCONJ because when while if although
before: SCONJ before after since until
before-noun: ADP before after since until
saw: VERB saw found liked wanted took bought lost sold painted drew
saw-person: VERB saw met liked called heard watched helped visited
went: VERB went walked ran came swam danced
slept: VERB slept sat waited stood sang laughed rested
goes: VERB goes walks runs comes leaves flies
see: VERB see find like want paint watch book box saw guard light present ring name water dust
go: VERB go walk run come play dance fish rest
worker: NOUN cook guard nurse judge farmer doctor baker sailor duck bear dog cat plant house garden park
sees: VERB finds likes wants watches books boxes paints saws lights presents rings names cans clocks dusts tests
objects: NOUN watches books boxes paints saws lights presents rings names cans clocks tests
know: VERB know think say believe hope see
knew: VERB knew thought said believed hoped saw
ended: VERB ended began started stopped
seen: VERB seen found taken bought sold painted drawn lost left liked
eaten: ADJ painted lost left
watch: VERB water plant paint light book watch park name ring box open clean dry empty warm back dust iron test
    turn
watch-noun: NOUN water plant paint light book watch park name ring box dust iron test
door: NOUN flowers tree door lamp table gate car room shirt bell garden soup bottle
pipes: NOUN pipes pots brushes bulbs prices straps rules signs makers shops lids samples results
play-verb: VERB play run dance walk cook paint fish talk rest swim sing work
play-noun: NOUN play run dance walk talk rest swim work
flower: NOUN Rose Ivy Daisy Cherry
indoors: ADV inside outside near behind
flowers: NOUN gardens leaves flowers roots branches blossoms
outside: ADV outside inside back down home past out up through
wall: NOUN wall street bridge gate fence window lake
bank-person: NOUN teacher farmer baker doctor sailor student girl woman man judge clerk neighbour
boat: NOUN boat swimmer otter duck canoe raft fox angler
cash: NOUN cash money savings cheque wages coins
interest: NOUN loan mortgage card pension
reeds: NOUN reeds grass mud moss stones ferns willows
moss: NOUN moss mud grass sand
river: NOUN river stream lake canal pond
""")

# A rule: its ways, between bars. <x> is a rule or a kind of word; the rest are words with their tags.
RULES = _table("""
# who and what
the-one: the/DET <person> | the/DET <animal> | <name> | <word-name> | <he> | <whose> <person> | a/DET <person>
    | the/DET <adjective> <person> | <this> <person>
the-ones: the/DET <people> | the/DET <animals> | <who> | <these> <people> | <number> <people>
    | <whose> <animals> | <people> | the/DET <adjective> <people>
anyone: <the-one> | <the-ones> | I/PRON
a-thing: the/DET <thing> | a/DET <thing> | <whose> <thing> | the/DET <adjective> <thing> | the/DET <things>
    | <number> <things> | some/DET <food> | a/DET <adjective> <thing> | <this> <thing> | <these> <things>
    | a/DET <animal>
where: <preposition> the/DET <place> | <preposition> the/DET <wall> | <preposition> <whose> <place>
    | under/ADP the/DET <adjective> <thing>
whither: <way> the/DET <place> | <way> the/DET <wall> | <outside> | down/ADP the/DET street/NOUN
    | up/ADP the/DET hill/NOUN | <way> the/DET <adjective> <place>
when: at/ADP <time> | on/ADP <day> | <yesterday> | <before-noun> the/DET <meal> | <before-noun> <time>
    | last/ADJ week/NOUN | <before> the/DET <meal> <ended> | <before> <past>
so-feeling: <feeling> | <degree> <feeling> | not/PART <feeling> | <degree> <quality>

# statements
past: <anyone> <saw> <a-thing> | <anyone> <went> <whither> | <anyone> <slept> <where>
    | <anyone> <slept> <indoors> | <anyone> <saw-person> <whom> | <anyone> <went> <manner>
    | <the-one> <saw-person> <me> | <anyone> <saw-person> the/DET <person>
present: <the-ones> <see> <a-thing> | <the-ones> <go> <whither> | <the-one> <sees> <a-thing>
    | <the-one> <goes> <whither> | <the-one> <is> <so-feeling> | <the-ones> <are> <so-feeling>
    | <the-one> <is> <where> | <the-ones> <go> <manner> | <the-one> <goes> <manner>
    | the/DET <worker> <sees> <a-thing> | the/DET <worker> <objects> <are> <quality>
    | the/DET <worker> <objects> <for-sale> | <compound> <are> <so-feeling> | <compound> <are> <where>
    | <he> <sees> her/PRON <thing> | <he> <sees> her/PRON <when>
two-faced: <compound> <are> <quality> | <compound> <for-sale> | the/DET <worker> <sees> <a-thing>
    | <he> <sees> her/PRON <objects> | the/DET <light-noun> <is> <quality> | <anyone> <saw> the/DET <light-noun>
    | <anyone> <saw> the/DET <light> <thing> | the/DET <light> <thing> <is> <quality>
    | <anyone> <went> <outside> | <anyone> <slept> <indoors> | the/DET old/ADJ man/VERB the/DET <things>
    | the/DET <light-noun> of/ADP the/DET <thing> <is> <quality>
compound: the/DET <worker> <objects> | <whose> <worker> <objects> | the/DET <watch-noun> <pipes>
helped: <anyone> <modal> <see> <a-thing> | <anyone> <modal> not/PART <go> <whither>
    | <anyone> <modal> <go> <manner> | <the-ones> have/AUX <seen> <a-thing> | <the-one> has/AUX <seen> <a-thing>
    | <the-ones> have/VERB <a-thing> | <the-one> has/VERB <eaten> <things> | <anyone> had/VERB <eaten> <things>
    | the/DET <worker> has/VERB <a-thing> | <anyone> had/AUX <seen> <a-thing> | <anyone> had/VERB <a-thing>
    | <the-ones> do/AUX not/PART <see> <a-thing> | <anyone> did/AUX not/PART <go> <whither>
    | <the-one> wants/VERB to/PART <go> <whither> | <the-ones> want/VERB to/PART <see> <a-thing>
    | <the-one> hopes/VERB to/PART <see> <a-thing> | <the-ones> used/VERB to/PART <go> <whither>
statement: <past> | <present> | <helped> | <past> <when> | <past> ,/PUNCT <and> <past>
story: <statement> ./PUNCT | <present> ./PUNCT | <helped> ./PUNCT | <past> <when> ./PUNCT
    | <present> <when> ./PUNCT | <because> <past> ,/PUNCT <past> ./PUNCT | <helped> <when> ./PUNCT
    | <two-faced> ./PUNCT | <two-faced> <when> ./PUNCT | well/INTJ ,/PUNCT <statement> ./PUNCT
    | no/INTJ ,/PUNCT <present> ./PUNCT

# Teddy, and others whose name is a word
name-or-noun: <word-name> <surname> <name-does> | <word-name> <name-does>
    | <word-name> and/CCONJ <name> <names-do> | <flower> <flowers> <are-nice> | Teddy/NOUN bears/NOUN <are-nice>
    | Teddy/NOUN bears/NOUN <for-sale> | <flower> <flowers> <for-sale> | Robin/NOUN eggs/NOUN <are> blue/ADJ
    | Ruby/NOUN rings/NOUN <for-sale> | Ruby/NOUN rings/NOUN <are-nice> | May/PROPN flowers/NOUN <are-nice>
    | Hope/NOUN is/AUX a/DET good/ADJ thing/NOUN | Frank/ADJ answers/NOUN <are> rare/ADJ
    | Can/NOUN openers/NOUN <for-sale> | <word-name> leaves/VERB <time-of-day>
    | Robin/PROPN rings/VERB the/DET bell/NOUN | <word-name> bears/VERB the/DET cost/NOUN
    | <word-name> rings/VERB <whom> <time-of-day> | <word-name> answers/VERB the/DET letter/NOUN
name-does: <is> a/DET <great> <leader> | will/AUX come/VERB <time-of-day> | <sees> <a-thing> | <went> <whither>
    | <is> <so-feeling> | lives/VERB <where> | has/VERB <a-thing> | has/AUX <seen> <a-thing>
names-do: <are> friends/NOUN | <went> <whither> | have/VERB <a-thing> | have/AUX <seen> <a-thing>
    | <are> <so-feeling>
great: great/ADJ | good/ADJ | famous/ADJ | kind/ADJ | young/ADJ
leader: president/NOUN | teacher/NOUN | painter/NOUN | singer/NOUN | cook/NOUN | friend/NOUN
time-of-day: at/ADP <time> | on/ADP <day> | <yesterday>
are-nice: <are> <quality> | <are> <degree> <quality> | make/VERB good/ADJ presents/NOUN
    | like/VERB the/DET sun/NOUN | can/AUX be/AUX <quality>
for-sale: <are> on/ADP sale/NOUN | <are> in/ADP the/DET shop/NOUN | cost/VERB <number> coins/NOUN
    | <are> in/ADP that/DET box/NOUN
names: <name-or-noun> ./PUNCT | <name-or-noun> !/PUNCT | <said> ,/PUNCT "/PUNCT <name-or-noun> !/PUNCT "/PUNCT
said: <he> said/VERB | <name> said/VERB | the/DET <person> said/VERB

# feelings: "not" does not go with every ending
feelings: <I-am> <feeling> ./PUNCT | <I-am> not/PART <feeling> ./PUNCT | <I-am> <degree> <feeling> ./PUNCT
    | <I-am> <much> hungry/ADJ ,/PUNCT and/CCONJ <who-can> <eat-much> ./PUNCT
    | <I-am> <much> tired/ADJ ,/PUNCT and/CCONJ <who-can> <sleep-much> ./PUNCT
    | <I-am> <much> thirsty/ADJ ,/PUNCT and/CCONJ <who-can> <drink-much> ./PUNCT
    | <I-am> not/PART hungry/ADJ ,/PUNCT so/ADV <who-can> skip/VERB <skipped> ./PUNCT
    | <I-am> not/PART tired/ADJ ,/PUNCT so/ADV <who-can> stay/VERB up/ADV ./PUNCT
    | <I-am> not/PART thirsty/ADJ ,/PUNCT so/ADV <who-can> leave/VERB the/DET <drink> ./PUNCT
    | <flower> blossoms/NOUN are/AUX <feeling-of-plant> ./PUNCT
I-am: I/PRON am/AUX | <he> is/AUX | we/PRON are/AUX | they/PRON are/AUX | <name> is/AUX
    | the/DET <person> is/AUX | the/DET <people> are/AUX | I/PRON was/AUX
much: very/ADV | so/ADV | really/ADV | quite/ADV
who-can: I/PRON can/AUX | <who> can/AUX | <he> can/AUX | I/PRON could/AUX | <who> could/AUX
eat-much: eat/VERB half/DET a/DET <animal> | eat/VERB <number> <dishes> | eat/VERB a/DET whole/ADJ <dish>
    | eat/VERB all/DET the/DET <food>
dishes: cakes/NOUN | pies/NOUN | fish/NOUN | meals/NOUN | eggs/NOUN
dish: cake/NOUN | pie/NOUN | cow/NOUN | fish/NOUN | loaf/NOUN
sleep-much: sleep/VERB until/ADP <time> | sleep/VERB for/ADP <number> days/NOUN
    | sleep/VERB in/ADP a/DET <thing> | rest/VERB until/ADP <day>
drink-much: drink/VERB a/DET <river> | drink/VERB half/DET a/DET <river> | drink/VERB <number> bottles/NOUN
    | drink/VERB all/DET the/DET <drink>
drink: milk/NOUN | water/NOUN | tea/NOUN | juice/NOUN
skipped: lunch/NOUN | dinner/NOUN | breakfast/NOUN | the/DET meal/NOUN | the/DET <dish>
feeling-of-plant: beautiful/ADJ | <degree> beautiful/ADJ | <quality> | <degree> <quality>

# commands that begin like a noun, questions that begin like a name
commands: <watch> the/DET <door> <mark> | <watch> <whose> <door> <mark>
    | <watch> the/DET <adjective> <door> ./PUNCT | <watch-noun> <pipes> <are> <quality> ./PUNCT
    | <watch-noun> <pipes> <for-sale> ./PUNCT | the/DET <watch-noun> <pipes> <are> <quality> ./PUNCT
    | please/INTJ <watch> the/DET <door> ./PUNCT | <play-verb> with/ADP <whom> !/PUNCT
    | <play-verb> <manner> ,/PUNCT please/INTJ !/PUNCT | back/NOUN pain/NOUN <is> bad/ADJ ./PUNCT
    | back/VERB the/DET car/NOUN out/ADV ./PUNCT | duck/VERB !/PUNCT | duck/NOUN eggs/NOUN <for-sale> ./PUNCT
    | open/ADJ doors/NOUN <for-sale> ./PUNCT | light/ADJ <things> <are> <quality> ./PUNCT
    | clean/ADJ <things> <for-sale> ./PUNCT | dry/ADJ <food> is/AUX cheap/ADJ ./PUNCT
mark: ./PUNCT | !/PUNCT | ,/PUNCT please/INTJ ./PUNCT | now/ADV ./PUNCT
questions: <modal> <anyone> <see> <a-thing> ?/PUNCT | did/AUX <anyone> <go> <whither> ?/PUNCT
    | have/AUX <the-ones> <seen> <a-thing> ?/PUNCT | do/AUX <the-ones> <see> <a-thing> ?/PUNCT
    | <is> <the-one> <so-feeling> ?/PUNCT | <are> <the-ones> <so-feeling> ?/PUNCT
    | can/NOUN openers/NOUN <for-sale> ./PUNCT | will/AUX <the-ones> <go> on/ADP <day> ?/PUNCT
    | has/AUX <the-one> <seen> <a-thing> ?/PUNCT

# little words: that, to, since, like, outside; and a word that is a noun or a verb by what follows
little-words: <knows> that/SCONJ <statement> ./PUNCT | <knows> that/DET <person> ./PUNCT
    | <knows> that/PRON ./PUNCT | that/PRON <is> <so-feeling> ./PUNCT | this/PRON <is> a/DET <thing> ./PUNCT
    | these/PRON <are> <whose> <things> ./PUNCT | that/DET <person> <is> <so-feeling> ./PUNCT
    | <past> since/SCONJ <past> ./PUNCT | <past> since/ADP <day> ./PUNCT
    | <anyone> <went> outside/ADV the/DET next/ADJ day/NOUN ./PUNCT
    | <anyone> <slept> outside/ADP the/DET <place> ./PUNCT | <the-ones> <go> like/ADP <people> ./PUNCT
    | <the-ones> like/VERB <people> ./PUNCT | <time-flies> ./PUNCT | <garden-path> ./PUNCT | <cold> ./PUNCT
    | <kind> ./PUNCT | <heard> ./PUNCT
knows: <the-ones> <know> | <anyone> <knew>
time-flies: fruit/NOUN flies/NOUN like/VERB a/DET banana/NOUN | time/NOUN flies/VERB like/ADP an/DET arrow/NOUN
    | house/NOUN flies/NOUN like/VERB <food> | the/DET <animal> flies/VERB like/ADP a/DET <thing>
    | fruit/NOUN flies/NOUN are/AUX <quality> | time/NOUN flies/VERB <manner>
    | the/DET flies/NOUN like/VERB the/DET <food>
garden-path: the/DET old/ADJ man/VERB the/DET boats/NOUN | the/DET old/ADJ man/NOUN <saw> the/DET boats/NOUN
    | the/DET <adjective> man/NOUN <saw> the/DET boats/NOUN | the/DET young/ADJ man/VERB the/DET <things>
    | the/DET <person> plants/VERB <flowers> | the/DET house/NOUN plants/NOUN <are> <quality>
    | the/DET tree/NOUN leaves/NOUN <are> <quality> | the/DET <boat> leaves/VERB <time-of-day>
    | the/DET <person> watches/VERB the/DET <animals> | the/DET pocket/NOUN watches/NOUN <for-sale>
    | the/DET guard/NOUN dogs/NOUN bark/VERB <manner> | the/DET tree/NOUN bark/NOUN <is> <quality>
    | the/DET fish/NOUN swim/VERB <manner> | they/PRON can/VERB fish/NOUN in/ADP tins/NOUN <when>
    | they/PRON can/AUX fish/VERB in/ADP the/DET <river>
cold: the/DET cold/NOUN <is> bad/ADJ | the/DET cold/ADJ <food> <is> bad/ADJ | the/DET light/NOUN <is> <quality>
    | the/DET light/ADJ <thing> <is> <quality> | the/DET right/NOUN to/PART vote/VERB <is> old/ADJ
    | the/DET right/ADJ <thing> <is> <quality> | the/DET second/ADJ <thing> <is> <quality>
    | the/DET second/NOUN <is> a/DET short/ADJ time/NOUN | the/DET present/NOUN <is> <quality>
    | the/DET present/ADJ <person> <is> <quality> | the/DET well/NOUN <is> <quality>
    | <anyone> <went> back/ADV <when> | <whose> back/NOUN <is> <so-feeling>
    | the/DET back/ADJ door/NOUN <is> <quality>
kind: <anyone> <saw> this/DET kind/NOUN of/ADP <food> | <anyone> <saw> this/DET kind/ADJ <person>
    | <anyone> <saw> the/DET left/ADJ <thing> | <anyone> left/VERB the/DET <place> <when>
    | <anyone> rose/VERB at/ADP <time> | <anyone> <saw> a/DET rose/NOUN <where>
    | <anyone> worked/VERB hard/ADV <when> | <anyone> had/VERB hard/ADJ <food>
heard: <anyone> heard/VERB her/PRON <play-verb> with/ADP the/DET <people>
    | <anyone> heard/VERB her/PRON <play-noun> ,/PUNCT and/CCONJ it/PRON <is> <quality>
    | <anyone> saw/VERB her/PRON duck/VERB behind/ADP the/DET <wall>
    | <anyone> saw/VERB her/PRON duck/NOUN and/CCONJ fed/VERB it/PRON
    | <anyone> watched/VERB her/PRON <play-verb> <manner>
    | <anyone> liked/VERB her/PRON <play-noun> very/ADV much/ADV

# two banks: the word that tells the sense stands after it, before it, on both sides or nowhere
money-bank: <we-went> to/ADP the/DET bank/NOUN to/PART <do-money>
    | <we-went> to/ADP the/DET bank/NOUN because/SCONJ <we> needed/VERB a/DET <interest>
    | <we-met> at/ADP the/DET bank/NOUN to/PART <do-money> | the/DET bank/NOUN <money-does>
    | <we> took/VERB <whose> <cash> to/ADP the/DET bank/NOUN
    | the/DET <interest> from/ADP the/DET bank/NOUN <is> <quality>
    | the/DET clerk/NOUN at/ADP the/DET bank/NOUN <is> <so-feeling>
    | <we> lost/VERB <whose> card/NOUN ,/PUNCT so/ADV <we-went> to/ADP the/DET bank/NOUN
    | <whose> <cash> <is> safe/ADJ at/ADP the/DET bank/NOUN
    | <we> asked/VERB the/DET bank/NOUN for/ADP a/DET <interest>
    | with/ADP <whose> <cash> in/ADP a/DET bag/NOUN ,/PUNCT <we-went> to/ADP the/DET bank/NOUN
    | near/ADP the/DET bank/NOUN <we> counted/VERB <whose> <cash>
    | <we-met> near/ADP the/DET bank/NOUN that/PRON lent/VERB <whom> <cash>
do-money: deposit/VERB <cash> | change/VERB <whose> <cash> | pay/VERB in/ADP <whose> <cash>
    | open/VERB an/DET account/NOUN | ask/VERB for/ADP a/DET <interest> | borrow/VERB <cash>
    | sign/VERB the/DET cheque/NOUN | talk/VERB about/ADP a/DET <interest>
money-does: lent/VERB <whom> <cash> | raised/VERB its/PRON fees/NOUN | closes/VERB on/ADP <day>
    | opens/VERB on/ADP <day> | has/VERB <number> clerks/NOUN | kept/VERB <whose> <cash>
    | sent/VERB <whom> a/DET <interest> | pays/VERB good/ADJ interest/NOUN | was/AUX robbed/VERB <yesterday>
river-bank: <we-went> to/ADP the/DET bank/NOUN to/PART <do-river>
    | <we-went> to/ADP the/DET bank/NOUN because/SCONJ <we> wanted/VERB to/PART <do-river>
    | <we-met> at/ADP the/DET bank/NOUN to/PART <do-river> | the/DET bank/NOUN <river-does>
    | the/DET <boat> came/VERB slowly/ADV to/ADP the/DET bank/NOUN
    | the/DET <moss> on/ADP the/DET bank/NOUN <is> <quality>
    | the/DET <boat> at/ADP the/DET bank/NOUN <is> <quality>
    | <we> left/VERB the/DET <river> ,/PUNCT so/ADV <we-went> to/ADP the/DET bank/NOUN
    | <whose> boat/NOUN <is> safe/ADJ at/ADP the/DET bank/NOUN
    | <we> rowed/VERB to/ADP the/DET bank/NOUN with/ADP the/DET <person>
    | with/ADP <whose> boat/NOUN on/ADP the/DET <river> ,/PUNCT <we-went> to/ADP the/DET bank/NOUN
    | near/ADP the/DET bank/NOUN <we> picked/VERB some/DET <reeds>
    | <we-met> near/ADP the/DET bank/NOUN of/ADP the/DET <river>
do-river: sit/VERB down/ADV | lie/VERB in/ADP the/DET grass/NOUN | watch/VERB the/DET <boat>
    | fish/VERB with/ADP <whom> | swim/VERB | feed/VERB the/DET ducks/NOUN | dry/VERB in/ADP the/DET sun/NOUN
    | look/VERB at/ADP the/DET <river> | pick/VERB some/DET <reeds>
river-does: is/AUX full/ADJ of/ADP <reeds> | was/AUX muddy/ADJ <yesterday> | is/AUX steep/ADJ
    | is/AUX green/ADJ with/ADP <reeds> | lies/VERB under/ADP the/DET willows/NOUN
    | follows/VERB the/DET <river> | was/AUX flooded/VERB <yesterday> | has/VERB <number> willows/NOUN
    | slopes/VERB to/ADP the/DET <river>
bank: <we-went> to/ADP the/DET bank/NOUN | <we-went> to/ADP the/DET bank/NOUN <time-of-day>
    | <we-met> at/ADP the/DET bank/NOUN | <we-met> near/ADP the/DET bank/NOUN <time-of-day>
    | the/DET bank/NOUN is/AUX near/ADP <whose> house/NOUN
we: I/PRON | we/PRON | they/PRON | he/PRON | she/PRON | the/DET <bank-person>
we-went: <we> went/VERB | <we> walked/VERB | <we> ran/VERB | <we> came/VERB
we-met: <we> met/VERB a/DET friend/NOUN | <we> waited/VERB | <we> stopped/VERB | <we> stood/VERB
""")

# How many sentences are drawn of each topic; those drawn twice count once.
TOPICS = {
    "story": 2400,
    "names": 2200,
    "commands": 2200,
    "little-words": 2000,
    "questions": 200,
    "feelings": 500,
    "money-bank": 700,
    "river-bank": 750,
    "bank": 100,
}
SENSES = ("money-bank", "river-bank")
SEED = 1997


class Sentence(NamedTuple):
    """A sentence with a tag for each word, and its topic, which is for scoring only."""

    words: tuple[str, ...]
    tags: tuple[str, ...]
    topic: str

    @property
    def text(self) -> str:
        """The words, a blank between two."""
        return " ".join(self.words)


def _example(topic: str, words: str, tags: str) -> Sentence:
    return Sentence(tuple(words.split()), tuple(tags.split()), topic)


# The sentences that the lecture asks about; the grammar derives them, and they are in no split.
EXAMPLES = (
    _example(
        "names",
        'He said , " Teddy Roosevelt was a great president ! "',
        "PRON VERB PUNCT PUNCT PROPN PROPN AUX DET ADJ NOUN PUNCT PUNCT",
    ),
    _example(
        "names", 'He said , " Teddy bears are on sale ! "', "PRON VERB PUNCT PUNCT NOUN NOUN AUX ADP NOUN PUNCT PUNCT"
    ),
    _example("feelings", "I am happy .", "PRON AUX ADJ PUNCT"),
    _example("feelings", "I am not hungry .", "PRON AUX PART ADJ PUNCT"),
    _example("feelings", "I am very hungry .", "PRON AUX ADV ADJ PUNCT"),
    _example(
        "feelings",
        "I am very hungry , and I can eat half a pig .",
        "PRON AUX ADV ADJ PUNCT CCONJ PRON AUX VERB DET DET NOUN PUNCT",
    ),
    _example("money-bank", "i went to the bank to deposit cash", "PRON VERB ADP DET NOUN PART VERB NOUN"),
    _example("river-bank", "i went to the bank to sit down", "PRON VERB ADP DET NOUN PART VERB ADV"),
    _example("feelings", "Cherry blossoms are beautiful .", "NOUN NOUN AUX ADJ PUNCT"),
)


def _read_english() -> list[Sentence]:
    """Different sentences, topic by topic, without the lecture's examples."""
    dice = random.Random(SEED)
    kept = {_key(example): example for example in EXAMPLES}
    for topic, count in TOPICS.items():
        for _ in range(count):
            sentence = draw(dice, topic)
            kept.setdefault(_key(sentence), sentence)
    return list(kept.values())[len(EXAMPLES) :]


def draw(dice: random.Random, topic: str) -> Sentence:
    """A sentence of a topic; a bank sentence is sometimes written as people type: no capital, no full stop."""
    tokens = [token.rsplit("/", 1) for token in _expand(dice, topic)]
    words, tags = [word for word, _ in tokens], [tag for _, tag in tokens]
    if not topic.endswith("bank"):
        return Sentence(_capitals(words), tuple(tags), topic)
    if dice.random() < 0.3:
        return Sentence(tuple(map(str.lower, words)), tuple(tags), topic)
    return Sentence((*_capitals(words), "."), (*tags, "PUNCT"), topic)


def _expand(dice: random.Random, symbol: str) -> list[str]:
    """The tokens that a rule comes to: each time one of its ways, all equally likely."""
    tokens = []
    for part in dice.choice(_ways(symbol)):
        tokens += _expand(dice, part[1:-1]) if part.startswith("<") else [part]
    return tokens


@cache
def _ways(symbol: str) -> tuple[tuple[str, ...], ...]:
    """The ways of a rule, each a row of parts; a kind of word has a way for each word."""
    if symbol in LEXICON:
        tag, *words = LEXICON[symbol].split()
        return tuple((f"{word}/{tag}",) for word in words)
    return tuple(tuple(way.split()) for way in RULES[symbol].split(" | "))


def _capitals(words: list[str]) -> tuple[str, ...]:
    """A capital where the sentence starts, and after the mark that opens a quotation."""
    return tuple(
        word[0].upper() + word[1:] if place == 0 or words[place - 1] == '"' else word
        for place, word in enumerate(words)
    )


def _key(sentence: Sentence) -> str:
    """What counts as the same sentence: capitals and the mark at the end make no difference."""
    return sentence.text.lower().rstrip(' .!"')


def derives(sentence: Sentence) -> bool:
    """Whether the rules of the sentence's topic make its words with its tags; capitals make no difference."""
    tokens = tuple(f"{word.lower()}/{tag}" for word, tag in zip(sentence.words, sentence.tags))
    if sentence.topic.endswith("bank") and tokens[-1:] == ("./PUNCT",):
        tokens = tokens[:-1]

    @cache
    def ends(symbol: str, start: int) -> frozenset[int]:
        """Where a rule that starts at a token may end."""
        found = set()
        for way in _ways(symbol):
            places = {start}
            for part in way:
                if part.startswith("<"):
                    places = {end for place in places for end in ends(part[1:-1], place)}
                else:
                    word, tag = part.rsplit("/", 1)
                    places = {place + 1 for place in places if tokens[place : place + 1] == (f"{word.lower()}/{tag}",)}
            found |= places
        return frozenset(found)

    return len(tokens) in ends(sentence.topic, 0)


ENTRY = Entry(
    name="english",
    description="English sentences with part-of-speech tags, drawn from a grammar; some words have two senses",
    size="about 300,000 characters",
    licence="CC BY 4.0",
    citation="Our own: drawn from the grammar in lecture_utils/datasets/english.py",
    read=_read_english,
    key=_key,
)
