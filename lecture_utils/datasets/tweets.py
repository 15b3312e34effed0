"""`tweets`: short messages to airlines, written by hand for this collection: complaints, praise, and plain questions.

The airlines do not exist. Spelling mistakes are meant. Some of the messages turn on a single word, or on its place:
*not bad at all*, *thanks for nothing*.
"""

from lecture_utils.datasets.corpus import Entry, Labelled

_NEGATIVE = """
@TeapotAir three hours on the tarmac and not even a biscuit. My grandmother flies a broom faster than this.
Flight cancelled, hotline dead, app frozen. Full house, @FlyMarmot.
Thanks for nothing, @AirPudding. My wedding suit is touring Lisbon without me.
@KipperJet your seat was broken, your screen was broken and now my back is broken.
I have been on hold so long that I know the tune by heart. I hate the tune.
@WombatWings lost my bag AGAIN. Third time this year. Do you feed them to the wombats??
never again. never. again. #FlyMarmot
The steward rolled his eyes when I asked for water. Water!
@BluePuddleAir you call that a sandwich? It was a sponge with opinions.
Delayed. Delayed. Delayed. Cancelled. At least be original.
@TeapotAir no apology, no hotel, no food, just a queue round the whole terminal
Not impressed at all with the new cabins, knees were not part of the design I guess
Paid 40 for extra legroom and sat behind the toilet. Romantic.
@AirPudding how do you lose a cello? It is the size of a person!
The wifi was slower than the plane, and the plane was not moving.
So rude at the desk this morning. My son cried, the agent yawned.
@KipperJet your chat bot called me Brenda four times. I am not Brenda. I am furious.
my luggage came out wet. just mine. why #WombatWings
Two hours late and the captain joked about it. Nobody laughed.
Worst coffee at ten thousand metres, or on the ground, or anywhere
@FlyMarmot you charged me twice and refunded me never
They closed the gate while I stood in front of it. In. Front. Of. It.
I would not send my worst enemy on this flight. Well, maybe once.
@BluePuddleAir the heating was off the whole night, I can still not feel my toes
Good plane, good crew, and then you lost my bag and spoiled everything.
Stuck in a middle seat I did not book, next to a meal I did not order. #TeapotAir
@AirPudding if patience were miles I would be platinum by now
My connection left without me because your bus driver was lost. ON THE AIRFIELD.
Absolutely awful. The cabin smelt of old fish and older socks.
@WombatWings seven emails, seven different answers, zero refunds
I wanted to like this airline. I really did. I can't.
They said the delay would be short. I have grown a beard since.
No legroom, no smile, no clue. #KipperJet
@TeapotAir the toilets gave up somewhere over Belgium. So did I.
Your website crashed just as I pressed pay, and the price went up by a third. Coincidence?
@FlyMarmot my pushchair arrived in two pieces. it left in one.
It could not have been worse, and I have travelled with four toddlers.
Was not told, was not helped, was not rebooked. Was not surprised either.
@AirPudding your crew ignored the call button for an hour, then switched it off!!
I'm done with you, @BluePuddleAir. Done. Finished. Walking next time.
Bumped off an overbooked flight with a newborn. Shame on you.
The only thing on time was my bad mood #FlyMarmot
@KipperJet twenty minutes to print one label? a monk with a quill is quicker
Horrible landing, horrible terminal, horrible everything
@WombatWings stop sending me surveys and start sending me my suitcase
Missed my sister's graduation thanks to your "minor technical issue".
A voucher for one crisp packet after nine hours. Generous.
@TeapotAir the vegetarian meal had chicken in it. Explain.
Not what I paid for, not what you promised, not acceptable.
No one at the gate, no one at the desk, no one on the phone. Does anybody work there?
They broke my guitar and offered me a keyring. A KEYRING.
@BluePuddleAir your new app is a maze with adverts
I used to love flying with you. What happened?
Nothing works on this plane except the advert screen.
@AirPudding had to buy a coat because mine is in Oslo with my bag and I am in Malta
seat 23F has no window. I paid for a window. there is a wall. #scam
Terrible service, and the second time was even worse than the first.
@FlyMarmot five gate changes in one hour, I have walked to my destination
The crew were kind but the airline should be ashamed: no water for six hours.
I don't want points, I want my money back!
@KipperJet your queue moved one metre since breakfast. It is dinner.
Grumpy staff, sticky tables, cold soup. Otherwise also bad.
My dog waited in the rain on the trolley. I saw it from the window. Unforgivable.
@WombatWings lied to us about the weather. The sun was shining. I HAVE EYES.
Do not fly with them. Do not. Just don't.
Dear @TeapotAir, sleeping on a terminal floor was not on my bucket list
Hardly any seats recline and mine of course would not stop
@AirPudding what a joke. and not even a funny one
I asked for help and got a shrug. Twice.
Less than helpful, more than late. #BluePuddleAir
Baggage belt stopped, lights went out, staff went home. We are still here.
@FlyMarmot your fee for a boarding pass is daylight robbery
Noise all night, crumbs in the seat pocket, gum on the armrest. Yuck.
they seated my six year old four rows away from me and shrugged
@KipperJet this is the slowest boarding I have ever seen, there are snails laughing at us
Waited for the promised call. It never came. I am not waiting any more.
My wheelchair was left behind. There are no words. Actually there are, but not polite ones.
@WombatWings disappointed does not begin to cover it
You had one job: same plane, same bag. Failed.
The pilot was great. Everything else was a disgrace.
Refund refused because I was "not unhappy enough" apparently. Watch me.
@BluePuddleAir I'd rather swim
Overpriced, overbooked, over it. #AirPudding
Missing: one blue suitcase. Also missing: anyone who cares. @TeapotAir
@FlyMarmot changed my seat, my gate, my plane and finally my opinion of you
I cannot recommend this to anyone with legs.
Air conditioning broke in July. We were the soup of the day.
Ruined the honeymoon before it began, cheers @KipperJet
how hard can it be to answer one simple question, 6 agents, 0 answers
@WombatWings the blanket had a hole, the hole had a smell
Landed early, then sat for ninety minutes waiting for stairs. So much for early.
Your "fast lane" was closed and the slow lane lived up to its name
Never have I been treated so badly by people in such nice hats.
@AirPudding no thanks to you I made it home. I took the bus.
What a mess: wrong name on the ticket, wrong date, wrong city!
This is not a good airline any more. It was once.
Cold, hungry, late, and now the taxi rank is empty too. Ta, @TeapotAir
@BluePuddleAir my 5 pm flight leaves at 11 pm and you text me "almost there"
Ashamed to have told my friends to book with you.
Sat on the runway so long that somebody's phone offered to update my home address.
They threw our cases about like beanbags. The jam did not survive. Neither did my shirts.
The film stopped ten minutes before the end. I will sue for the ending.
Poor, poor, poor. And I felt poor too after paying for the bag. #KipperJet
"""

_NEUTRAL = """
@TeapotAir how many kilos can I take in hold luggage to Bergen?
Is the 9.40 to Porto leaving from terminal 1 or 2? #FlyMarmot
@AirPudding do you fly to Tallinn on Sundays?
Boarding now. Seat 14C. Flight is half full.
Landed in Graz at 12:05, as on the timetable.
@KipperJet can a violin go in the overhead locker
Does anyone know if the lounge is open before six?
@WombatWings which gate for WW 208?
My flight has been moved from Tuesday to Wednesday.
Changing planes in Zagreb, two hours to wait.
@BluePuddleAir where do I enter my frequent flyer number?
Is there a plug at the seats on the small jets?
The new route to Faro starts in April, says the website.
@FlyMarmot are prams free of charge or do they count as a bag
Checking in online. It asks for a passport number.
@TeapotAir what time does the desk close tonight?
Somebody left a red umbrella in row 7. It is at lost property now.
Window or aisle for a night flight? Asking for a friend.
@AirPudding I need to change the name on a booking, who do I write to?
The bus to the plane takes about four minutes.
We are number six for take-off, the captain says.
@KipperJet do you still sell day returns to the islands?
Can I bring my own food on board? #travel
Flying to Riga tomorrow for work. Back on Friday.
@WombatWings is the 18:30 a propeller plane or a jet
They are boarding rows 20 to 30 first.
How early should one be at the airport with a dog?
@BluePuddleAir is it possible to pay with two cards?
I have a ticket for two adults and one child, how do I add a baby?
Gate B12 is next to the bookshop.
The screen says "wait in lounge".
@FlyMarmot when does booking open for the winter?
Window shade up for landing, that is the rule.
Does the seat next to the exit cost extra? @TeapotAir
Passport control, then security, then a long corridor, then gate 40.
@AirPudding what is the weight limit for cabin bags, 7 or 8 kg?
My boarding pass says zone 3. What is zone 3?
Mine is the green suitcase with a yellow ribbon, arriving on belt 5.
@KipperJet do children under two need a ticket of their own
Sitting in Stavanger between two flights.
Is today's flight from Cork operated by you or by a partner? @WombatWings
The crew is changing here, and then we go on to Malta.
Could you tell me which documents a minor needs to travel alone?
@BluePuddleAir the form asks for a "PNR". is that the six letter code?
Tea or coffee was served, then the seat belt sign came on.
Our plane today is eleven years old according to an app.
@FlyMarmot can I use my voucher for a flight that starts in another country?
Snow in Bergen this morning, minus four degrees.
I am looking for the timetable for the summer. Where is it?
@TeapotAir does the lunch flight to Nantes include lunch
Terminal 3 is reached by the yellow train.
Left at 7.15, arrived at 9.50.
Is the middle armrest for the person in the middle? Discuss.
@AirPudding how long does it take to get a receipt by email
The safety card is in the seat pocket in front of you.
Do I need to print the boarding pass or is the phone enough?
@KipperJet my skis are 190 cm long, is that a normal bag or a special one?
They fly there twice a week, on Mondays and Thursdays.
From Vienna to Split it is about an hour.
@WombatWings looking at seats 4A and 4F, is there a difference?
Two flights to Bari today, one at noon and one in the evening.
My cousin works for an airline. She is not a pilot, she plans the meals.
What does "subject to load" mean on a ticket?
@BluePuddleAir can I book by phone if I do not have a card?
There are 180 seats and 4 doors on this one.
The clocks change on Sunday, so check the time of your flight.
@FlyMarmot what happens with my return ticket if I take the train there?
Is row 13 missing on purpose?
This airport has one runway and eleven gates.
Just asking: is a birthday cake hand luggage or a liquid
@TeapotAir when will the bookings for December be open?
Queue at security is about ten minutes right now.
I fly every second week. This week it is Luxembourg.
@AirPudding is there a bus from the airport to the old town after midnight?
They told us to wait at gate 6.
Does anyone have a spare charger at gate A9?
@KipperJet is the check in desk for groups on the left or on the right?
The plane from Oslo is on the ground, boarding is planned for 16:20.
Same seat, same flight, as every Monday.
@WombatWings can I pick up my ticket at the airport?
Which side of the plane has the view of the mountains when you land in Innsbruck?
We have reached our cruising height of ten thousand metres.
Flight 77 is now flight 771. The times are as before.
@BluePuddleAir do you take bicycles? It folds.
Luggage arrives on belt 2, the sign says.
I changed my seat from 8A to 9A yesterday evening.
How do I pronounce the name of your new airport? @FlyMarmot
@TeapotAir are there any seats left on tonight's last flight
The lounge moved to the second floor in May.
Going from Ghent to Genoa next month, one stop.
@AirPudding is the exit row allowed for a person with a hearing aid?
An hour and a half to go. Reading.
Does your flight time include the time on the ground?
@KipperJet what is the difference between basic and light?
My ticket has an e at the end of the number, is that a typo or is it part of it?
The trolley is at row 12 and I am in row 22.
@WombatWings I have booked for the 3rd, can it be moved to the 4th?
They now announce the flights in three languages.
You can drop the bag from two hours before departure.
Is it the same plane that comes back in the evening? #aviation
@BluePuddleAir a question on jam: solid or liquid?
Arrived. Now the train.
Rain at departure, cloud at arrival, eighteen degrees.
"""

_POSITIVE = """
@TeapotAir you found my bag in two hours and drove it to my door. Heroes!
Not bad at all, @FlyMarmot. Not bad at all.
Best crew ever on the late flight to Porto, they sang for my daughter's birthday
@AirPudding the pudding. THE PUDDING. I want to move in.
Smooth as butter, and on time too. Thank you!
I was scared of flying and the steward held my hand through the bumps. Bless him.
@KipperJet rebooked me before I even knew that I had missed my connection. Magic.
Never had a better seat in my life. #WombatWings
Landed twenty minutes early, clapped like a seal, no regrets
@BluePuddleAir whoever makes your tea deserves a medal
No delays, no queues, no complaints. I hardly know what to tweet.
Could not be happier with the new cabins, knees have room to dance
Thanks to the lady at gate 9 who ran after me with my passport! You saved my week.
@TeapotAir I expected the worst and got the best. Well done
What a view, what a crew, what a flight
My toddler waved at the pilot and the pilot waved back. Sold for life.
@FlyMarmot your app just worked. First time. I am in shock.
Cheap, clean and cheerful. Exactly what I wanted.
They upgraded grandma and she has not stopped smiling since Tuesday.
Nothing to complain about, and believe me, I looked. #AirPudding
@WombatWings a real person answered the phone in ten seconds and solved it in sixty
Softest landing of my life, I was still asleep
Warm bread on a short hop? You are spoiling us, @KipperJet
love love love the blue lights in the cabin
@BluePuddleAir the refund came the same day. The SAME day!
It was late, but the crew made up for it ten times over. Wonderful people.
So grateful to the captain who waited for our delayed train. Class act.
The quietest plane I have ever been on, my book and I are delighted
@TeapotAir handled my dog like royalty, he wants to go again
I take back everything I said last year. You are brilliant now.
Can't fault them. Friendly, quick, spotless.
Spilled juice on myself, got a clean shirt from the crew. Who does that? @FlyMarmot does!
My first flight alone with three kids and nobody frowned. Not once. Thank you all.
@AirPudding superb vegetarian lunch, and hot, and enough of it
Five stars. I would give six.
They remembered my name on the way back. I nearly cried.
@KipperJet fixed the booking I had messed up, for free, with a joke. Love you
Never a dull moment, never a rude word, never late. My favourite airline.
Wifi that works above the clouds! We live in the future. #WombatWings
Great service today. Really great.
@BluePuddleAir please give the man at desk 4 a pay rise, he is pure sunshine
I didn't want to get off the plane, it was that comfy
Quick boarding, kind faces, free chocolate. More of this please
@TeapotAir your pilot explained every bump and I felt safe for the first time in years
Couldn't ask for more. Well, maybe a second biscuit. They gave me a second biscuit!
From lost to found in one hour: my teddy thanks you, @FlyMarmot
The best thing about this trip was the trip
A queue that moves! Staff who smile! Am I dreaming?
@AirPudding you turned a horrible day into a good one
Excellent from start to finish
My wheelchair was waiting at the door before I was. Perfect.
@KipperJet I laughed all the way through the safety talk, brilliant stuff
no fuss no stress no extra fees. finally an airline for grown ups
It's not often that I praise an airline, but wow.
Clean toilets on a ten hour flight. There is hope for the world.
@WombatWings spotted my allergy note and made a separate tray. That is care.
Thank you for the window seat, the northern lights were just outside
I have no complaints, only compliments. #TeapotAir
Check in took less than a minute, I timed it out of sheer joy
@BluePuddleAir the extra legroom is worth every penny, I am two metres tall and I slept!
What a lovely surprise: hot towels on a budget flight
Better than the train, and I adore trains
Kudos to the ground crew in the snow, you were amazing this morning
@FlyMarmot you won't find a kinder team anywhere
The delay was nobody's fault, and the way you looked after us was outstanding.
Honestly the nicest airport staff I've met in years
@AirPudding thank you thank you thank you!!!
Such a pretty plane, such a gentle take-off
My suitcase came out first. FIRST. I feel like royalty
The cabin crew calmed a crying baby with a puppet. Genius. #KipperJet
@WombatWings your lost property office is a treasure, I have my grandad's watch back
Wow, that was fast! And friendly. And cheap.
We all cheered when the captain said we would be home early
Not a single thing went wrong, who are you and what have you done with air travel
@TeapotAir the scones were still warm. I repeat: warm.
happy birthday to me, says the cake the crew baked up there. speechless
Superb. I'll be back.
@BluePuddleAir you kept your word, and that is rare. Respect.
Nobody could have handled that storm better. Proud to fly with you.
Impressed! New seats, new screens, same lovely people.
Bumpy ride but what a calm and funny crew, I would fly with them through a volcano
@FlyMarmot solved in one tweet. More companies should be like you
I always sleep badly on planes. Not on this one!
They carried my mum's bag all the way to the taxi. Golden hearts.
@AirPudding best nap, best snack, best price
A big thank you to the steward in row 30 who found my ring under the seat
No wonder everybody recommends you, that was a treat
@KipperJet can we talk about how good that curry was
They waited. They actually waited for us! I could hug the whole gate.
Finally an airline that tells you why, and how long, and sorry. Thank you.
@WombatWings I came for the price and stay for the people
Spotless, punctual, polite. My mother in law approved. Nobody gets her approval.
The sunrise over the wing and a decent coffee, life is good
Without you I'd have missed my son's first concert. I made it. Front row.
@BluePuddleAir great job tonight, everyone, and safe home
Kids got crayons, I got peace. Everybody wins
It was anything but boring and anything but late. Loved it.
Thank you @TeapotAir for rebooking a choir of forty in half an hour. We sang for you.
I would not change a thing
@FlyMarmot seriously good. Don't you dare change
Free seat next to me, smiling crew, tailwind. Jackpot.
The new lounge is gorgeous, I arrived three hours early on purpose
Old plane, new hearts. What a kind crew on the Bergen run! #AirPudding
"""


def _read_tweets() -> list[Labelled]:
    """The messages, one class after the other."""
    classes = {"negative": _NEGATIVE, "neutral": _NEUTRAL, "positive": _POSITIVE}
    return [Labelled(line, label) for label, lines in classes.items() for line in lines.strip().splitlines()]


ENTRY = Entry(
    name="tweets",
    description="Short messages to airlines that do not exist: complaints, questions and praise",
    size="about 19,000 characters",
    licence="CC BY 4.0",
    citation="Our own: written for this collection, in lecture_utils/datasets/tweets.py",
    read=_read_tweets,
)
