/** The texts of the tour, in English: a part of the catalogue. */
export const tour = {
	"tour.title": "Tour",
	"tour.offer": "Is this your first time here?",
	"tour.offer.help":
		"A tour of about ten minutes shows on these very pages how work goes through, and how you keep it in hand. You find it in your account's menu later.",
	"tour.begin": "Begin the tour",
	"tour.resume": "Go on with the tour",
	"tour.not_now": "Not now",
	"tour.at": "Tour, stop {n} of {all}",
	"tour.why_it_matters": "Why it matters:",
	"tour.next": "Next stop",
	"tour.back": "Stop before",
	"tour.leave": "Leave the tour",
	"tour.end": "End the tour",
	"tour.end.without": "End without a case of your own",

	"tour.fleet": "All that runs, on one page",
	"tour.fleet.look":
		"Read the line at the top first: it says what holds the work up. The figures below lead to the cases behind them.",
	"tour.fleet.why":
		"Nobody watches ten thousand cases. You watch the one thing that limits them, and act on that.",
	"tour.case": "One case, from its first entry to its last",
	"tour.case.look":
		"Each piece of work is a case. Its story says what was read, decided and done, by whom, and what it cost. Open a part of it to see the values.",
	"tour.case.why":
		"It is computed from entries that never change, so it still says the same when somebody asks in a year.",
	"tour.why": "Why it stands where it stands",
	"tour.why.look":
		"The first panel says in one sentence why this case waits, failed or ended, what caused it, and which steps are safe now.",
	"tour.why.why":
		"At two in the morning you need the cause and the next step, and no guess about either.",
	"tour.review": "A request that waits for a person",
	"tour.review.look":
		"What it rests on is shown whole, and what was read from the document is marked in it. Approve, change values, reject, or hand it on.",
	"tour.review.why":
		"An approval endorses exactly what was shown, no more. What comes from outside is shown, and never obeyed.",
	"tour.map": "The map of a process",
	"tour.map.look":
		"Each box is a step: an agent, a tool, a look-up, a decision, a person. Choose one to see what it may do. The text beside it is the same map.",
	"tour.map.why":
		"What is drawn is what is done: rules choose the way, and a step does nothing that its map does not say.",
	"tour.interview": "A map from questions",
	"tour.interview.look":
		"You know the process; here it is asked of you, one question at a time. `Nobody knows yet` is an answer: it stays in sight until it is settled.",
	"tour.interview.why":
		"What was never asked is what goes wrong later: exceptions, who decides, what happens when nobody answers.",
	"tour.rehearse": "Rehearse before anything is real",
	"tour.rehearse.look":
		"Take a case through the map and choose yourself what comes from outside, faults too. The map lights the step where the case stands.",
	"tour.rehearse.why":
		"You see what a bad answer, a lost reply or a late person leads to, and it costs nothing.",
	"tour.releases": "Put to work, on purpose",
	"tour.releases.look":
		"A map that is saved does nothing yet. Deploying makes a release of it that never changes, at first for a part of the new cases if you like, and with a way back.",
	"tour.releases.why":
		"A case keeps the release that it began on. So you can always say under which rules something was done.",
	"tour.stop": "The stop is always there",
	"tour.stop.look":
		"The red button is on every page. It stops everything, one workflow, one case or one tool, and says before what it will reach.",
	"tour.stop.why":
		"From the moment it is stored nothing in its scope begins. Try it once on a quiet day: you will trust it on a bad one.",
	"tour.own": "Now a case of your own",
	"tour.own.look":
		"Press `Start a case`, choose a workflow and give it what it asks for: of a document that lies in the inbox, its name. Your case opens by itself. Whoever may not start cases here opens any one of the list.",
	"tour.own.why": "What you have seen once with your own hands you can explain to others.",
	"tour.own.there":
		"This is it. Watch its story grow, see why it stands where it stands, and press `Go through it again` to see what it would have come to on another map.",
	"tour.own.there.why":
		"From here on it is daily work: look at what waits, decide it, and change the map where it does not fit.",
} as const;
