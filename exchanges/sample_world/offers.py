# ruff: noqa: E501 (texts for readers; each paragraph is a line)
"""PURE: offers that a coordinator would find plausible.

`starts` counts weeks from the Monday of this week (negative: past). `hours` are local half-hours of the host's week.
"""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class SampleOffer:
    key: str
    host: str
    format: str
    field: str
    level: int
    title: str
    summary: str
    description: str
    outcomes: tuple[str, ...]
    starts: int
    weeks: int
    hours: str
    live: float
    independent: float
    own: int
    partner: int
    ects: float | None = None
    languages: dict[str, str] = field(default_factory=lambda: {"en": "B2"})
    context: str = "learning"
    mode: str = "virtual"
    physical: tuple[str, int, int] | None = None
    """Place, week of the exchange in which the physical part starts, days."""
    minutes: int = 90
    groups: tuple[int, int] = (3, 6)
    partners: int = 1
    countries: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    resources: tuple[tuple[str, str, str, str], ...] = ()
    bandwidth: str = "medium"
    captions: bool = False
    asynchronous: bool = False
    access: str = ""
    status: str = "published"


O = SampleOffer  # noqa: E741

OFFERS: tuple[SampleOffer, ...] = (
    # COIL modules ----------------------------------------------------------------------------------------------------
    O(
        "archives", "lisbon", "coil", "0222", 6,
        "Port cities in the archive: Lisbon, Goa, Bombay",
        "Two history classes read the same harbour from both ends, with digitised letters, maps and customs books.",
        """The course *Oceans and Empires* meets a class that works on the other shore. In mixed teams of four, students choose one ship, one cargo or one person and follow the trace through archives in two countries.

We begin with a week of getting to know each other's city by a walk with the phone camera. Then come three weeks in the documents: each side explains what the other cannot read, be it Portuguese handwriting or the geography of the Konkan coast.

The teams end with a short online exhibition of six objects. It is marked at home by each teacher, with one rubric that we write together before the start.""",
        ("Read a digitised source against its archive's purpose", "Explain a local place to somebody who has never seen it", "Write exhibition texts with co-authors in another country"),
        -19, 8, "Tue Thu 13:00-17:00", 12, 48, 20, 20, ects=2.5, languages={"en": "B2", "pt": "A2"},
        countries=("IN",), regions=("034",), groups=(3, 5),
        resources=(("oer", "Programming Historian: working with digitised sources", "https://programminghistorian.org/", "CC-BY-4.0"),
                   ("oer", "World History, Volume 2 (OpenStax)", "https://openstax.org/details/books/world-history-volume-2", "CC-BY-4.0")),
        captions=True, status="closed",
    ),
    O(
        "monsoon", "pune", "coil", "0521", 6,
        "Water in the street, water in the tap",
        "Environmental science students compare how two cities live with too much and too little water.",
        """Pune has floods in July and tanker lorries in April. We look for a class in a city with another water story, to measure, map and explain both.

Every team picks one neighbourhood on each side. They collect what is public (rain gauges, reservoir levels, river heights), interview one person who deals with water every day, and draw a single diagram of where the water comes from and where it goes.

**What we bring:** a set of rain data since 1990, a simple spreadsheet model, and two teaching assistants. **What we hope for:** a class of similar size, and a teacher who enjoys comparing.""",
        ("Build and test a simple water balance", "Judge the quality of public data in two countries", "Present one finding to people outside the university"),
        5, 8, "Mon Wed Fri 15:00-19:00", 12, 38, 25, 25, ects=2,
        regions=("150", "019"), kinds=("hei",),
        resources=(("oer", "QGIS Training Manual", "https://docs.qgis.org/latest/en/docs/training_manual/", "CC-BY-SA-3.0"),
                   ("oer", "Our World in Data: water use and stress", "https://ourworldindata.org/water-use-stress", "CC-BY-4.0")),
        bandwidth="low", captions=True, access="Sessions are recorded; slides are sent the day before as plain text too.", status="closed",
    ),
    O(
        "ageing", "tokyo", "coil", "0921", 6,
        "Growing old in the city: Tokyo and an island",
        "Students of social welfare visit one older person each and compare what makes a neighbourhood kind.",
        """In Kōtō ward every third neighbour is over 65. Our third-year seminar on community care looks for partners whose older people live quite differently: on an island, in a small town, in a young country.

Each student records one conversation with an older person they know, writes a one-page portrait and brings it to the team. Together the team finds three things that the other place does better, and proposes how to borrow one of them.

Consent forms in English and Japanese are ready, and no recording leaves the home university.""",
        ("Hold and write up an interview with consent", "Compare two systems of long-term care", "Design one small change for a real street"),
        -3, 7, "Tue Wed 09:00-12:00; Thu 10:00-12:30", 10.5, 42, 14, 14, ects=2, groups=(4, 6),
        countries=("US", "NZ"), regions=("009", "021"),
        resources=(("oer", "Our World in Data: age structure", "https://ourworldindata.org/age-structure", "CC-BY-4.0"),),
        captions=True, status="closed",
    ),
    O(
        "market", "monterrey", "coil", "0414", 6,
        "Would it sell there? Market entry in pairs of countries",
        "Marketing students test a real small product of one country in the other, and tell its maker what to change.",
        """A hot sauce from Nuevo León, a soap, a board game: small firms lend us their product and one honest hour of their time. Teams with members from both countries find out whether it would sell on the other side.

Students run at least eight short interviews each, check prices in three shops, and look at the law on labels. In the sixth week the maker joins a live session and hears the advice: enter, wait or forget it.

We have run this with classes in Europe and Asia. What works best is a partner who brings two or three products as well, so that both classes are experts once and beginners once.""",
        ("Plan and run interviews in another market", "Read packaging and price as cultural facts", "Give a firm advice it can act on"),
        7, 6, "Mon Wed 07:00-10:00; Tue Thu 16:00-19:00", 9, 36, 30, 30, ects=2, languages={"en": "B2", "es": "B1"},
        regions=("150", "142"), partners=2,
        resources=(("oer", "Principles of Marketing (OpenStax)", "https://openstax.org/details/books/principles-marketing", "CC-BY-4.0"),),
    ),
    O(
        "clinic", "capetown", "coil", "0542", 6,
        "The numbers behind a clinic",
        "Statistics students answer one question that a clinic really asked, with open health data and a class abroad.",
        """How long do people wait on a Monday? Do text messages bring patients back? Our second-year statistics course takes such questions from two community clinics and answers them with simulated and open data.

Teams clean a data set together, agree on one plot and one model, and write a page that a nurse can read in three minutes. The other half of the team checks the code without help: if they cannot repeat it, it does not count.

Everything runs in the browser with R. When the power is cut in Cape Town, the team carries on in the shared notebook and we meet the day after.""",
        ("Clean and describe a messy data set", "Explain a model's limits without formulas", "Reproduce somebody else's analysis"),
        9, 7, "Tue Thu 14:00-17:00", 10, 45, 24, 24, ects=2, regions=("002", "150"),
        resources=(("oer", "OpenIntro Statistics", "https://www.openintro.org/book/os/", "CC-BY-SA-3.0"),
                   ("oer", "Software Carpentry: Programming with R", "https://software-carpentry.org/lessons/", "CC-BY-4.0")),
        bandwidth="low", asynchronous=True, access="Power cuts are planned for: every session has a written path.",
    ),
    O(
        "quake", "istanbul", "coil", "0732", 7,
        "A school that stands: earthquake design on two faults",
        "Civil engineers check the same two-storey school against the codes and the ground of two countries.",
        """One drawing set, two seismic codes. Master students in Istanbul and in a partner city design the same small school for their own ground, swap the results and look for what the other code forgot.

The first weeks are about reading: what does your code fear, and what does ours? Then teams compute by hand before they may open any software. A retired school principal from Adapazarı tells what happened there in 1999.

We would be glad of partners in Japan, New Zealand, Chile, Nepal or Italy, but any class with an earthquake in its history is welcome.""",
        ("Apply and compare two seismic codes", "Estimate loads by hand before computing", "Argue for a safe design with a limited budget"),
        6, 10, "Mon Wed 10:00-13:00; Fri 14:00-17:00", 15, 75, 18, 18, ects=3, minutes=90,
        countries=("JP", "NZ", "NP", "IT", "CL"),
        resources=(("oer", "Physical Geology, 2nd edition: earthquakes (BCcampus)", "https://opentextbc.ca/physicalgeology2ed/", "CC-BY-4.0"),),
        bandwidth="high",
    ),
    O(
        "soils", "kampala", "coil", "0811", 6,
        "One hectare: smallholder soils compared",
        "Agriculture students dig, describe and defend a plan for one hectare in each country.",
        """Each student digs one pit of half a metre, photographs the layers with a ruler beside them and fills in the same sheet. Teams put a pit from each country side by side and ask what the farmer there should do next season.

Makerere's soil lab answers questions by voice message, which arrives even where video does not. In the last live session a farmer from Mukono and one from the partner country judge the plans.

Looking for a faculty of agriculture that lets students leave the lecture room for one afternoon.""",
        ("Describe a soil profile in the field", "Weigh yield, cost and erosion in one plan", "Explain advice to a farmer in plain words"),
        12, 6, "Wed Fri 09:00-12:00", 7.5, 40, 20, 20, ects=1.5, regions=("142", "019"),
        resources=(("oer", "SoilGrids: global soil maps (ISRIC)", "https://soilgrids.org/", "CC-BY-4.0"),
                   ("mooc", "FAO eLearning Academy: sustainable soil management", "https://elearning.fao.org/", "CC-BY-NC-SA-3.0-IGO")),
        bandwidth="low", asynchronous=True,
    ),
    O(
        "rumours", "warsaw", "coil", "0313", 6,
        "How a rumour travels",
        "Psychology students repeat a classic experiment on memory and gossip across two languages.",
        """Bartlett's *War of the Ghosts* showed in 1932 how stories change from mouth to mouth. We repeat the study with messages on a phone, in two languages and with translation in between.

Both classes design the study, apply for ethics approval at home, run twenty chains and analyse what got lost. Data are shared without names.""",
        ("Plan a small study that two ethics boards accept", "Code qualitative data with agreement across languages", "Report results that failed as carefully as those that worked"),
        3, 8, "Mon Thu 15:00-18:00", 12, 48, 16, 16, ects=2.5, countries=("TR",),
        resources=(("oer", "Research Methods in Psychology (BCcampus)", "https://opentextbc.ca/researchmethods/", "CC-BY-NC-SA-4.0"),),
        status="closed",
    ),
    O(
        "strangers", "singapore", "coil", "0613", 6,
        "Software with strangers: a sprint across eight hours",
        "Two programming classes build one small public service, handing the work over at the end of each day.",
        """When Singapore goes home, Europe or Africa begins. The teams use the difference: a pull request opened at 18:00 here is reviewed before breakfast.

The product is small and real, such as a booking page for a community kitchen. Every team keeps a log of each misunderstanding. That log, and not the code, is what the reflection at the end is about.

We bring a template repository with continuous tests, and a rule: no meeting longer than thirty minutes.""",
        ("Work in short iterations with written handovers", "Review code kindly and precisely", "Find the cultural part of a technical disagreement"),
        8, 6, "Mon Tue Wed Thu 15:00-19:00", 9, 51, 28, 28, ects=2, minutes=30, groups=(4, 6), regions=("150", "002"),
        resources=(("oer", "Software Carpentry: Version Control with Git", "https://software-carpentry.org/lessons/", "CC-BY-4.0"),),
    ),
    O(
        "kitchen", "saopaulo", "coil", "0531", 6,
        "Chemistry of two kitchens",
        "First-year chemists explain pão de queijo and pastel de nata to each other, reaction by reaction.",
        """Why does cassava starch puff and wheat flour brown? Students cook at home, film thirty seconds of the decisive moment and explain it with first-year chemistry.

The teams then change one thing (sugar, acid, heat, time), predict what will happen, and try it on both sides of the Atlantic. What comes out is a small open cookbook with formulas.

In Portuguese, with each country's own; glossaries are part of the fun.""",
        ("Explain browning, gels and foams with molecules", "Change one variable at a time in a real kitchen", "Write for readers of another variety of Portuguese"),
        6, 6, "Tue Thu 09:00-13:00", 9, 36, 24, 24, ects=2, languages={"pt": "B2"}, countries=("PT",),
        resources=(("oer", "Chemistry 2e (OpenStax)", "https://openstax.org/details/books/chemistry-2e", "CC-BY-4.0"),),
        status="closed",
    ),
    # Virtual course places -------------------------------------------------------------------------------------------
    O(
        "pacific", "auckland", "course", "0532", 6,
        "Volcanoes of the Pacific: seats in an online course",
        "Our second-year volcanology course, with thirty seats for students of partner universities.",
        """Lectures are recorded; two live hours a week are for discussion and the virtual field trips to Rangitoto, Tongariro and White Island. Assessment is by four short reports and a monitoring exercise in which the class plays a night at an observatory.

Guests follow the same timetable and get the same support as our own students, including the writing centre. The University of Auckland awards the credits (15 points, about 7.5 ECTS) and sends the transcript within four weeks of the last day.

No fees between partners. A first course in earth science is needed.""",
        ("Read a volcano's record in rocks and instruments", "Judge hazard and uncertainty", "Write a warning that people understand"),
        6, 12, "Tue Thu 10:00-14:00", 24, 160, 0, 12, ects=7.5, minutes=60, groups=(3, 5), partners=3, regions=("142", "009", "019"),
        resources=(("oer", "Physical Geology, 2nd edition (BCcampus)", "https://opentextbc.ca/physicalgeology2ed/", "CC-BY-4.0"),),
        captions=True, asynchronous=True, status="closed",
    ),
    O(
        "proof", "berlin", "course", "0541", 6,
        "Proof and computation",
        "An online course on formal proof with a proof assistant; fifteen guests are welcome each term.",
        """What is a proof, if a computer has to believe it? We start with propositional logic on paper and end with a machine-checked proof that there are infinitely many primes.

The exercises are done in pairs, one local and one guest student, over a shared editor. There is one live tutorial a week. The exam is oral, online, and can be taken in English or German.

Humboldt-Universität awards 6 ECTS.""",
        ("Write proofs that a machine can check", "Choose between constructive and classical arguments", "Work in a pair over a shared editor"),
        19, 14, "Tue 10:00-12:00; Thu 14:00-16:00", 28, 140, 0, 15, ects=6, languages={"en": "B2", "de": "B2"}, partners=4,
        resources=(("oer", "Open Logic Text", "https://openlogicproject.org/", "CC-BY-4.0"),
                   ("oer", "Active Calculus", "https://activecalculus.org/", "CC-BY-SA-4.0")),
    ),
    O(
        "digitalstate", "tartu", "course", "0612", 6,
        "Data models of a digital state",
        "How registers, identity and exchange layers fit together, taught from the Estonian case and questioned by guests.",
        """Estonia's public services rest on a few plain ideas: ask once, log every look, keep data where it is made. The course takes them apart with real schemas and lets students build a toy version.

Guests bring their own country's case. In week nine everybody presents one register at home, with its key, its owner and its gaps.

Twenty seats for partner institutions, 6 ECTS by the University of Tartu, materials open all year.""",
        ("Design a register with history and access log", "Trace a citizen's data through several systems", "Compare identity schemes"),
        12, 15, "Mon Wed 14:00-18:00", 30, 126, 0, 20, ects=6, partners=5, regions=("002", "142", "019"),
        resources=(("oer", "Wikidata: a public register to practise on", "https://www.wikidata.org/", "CC0-1.0"),),
        captions=True, asynchronous=True,
    ),
    O(
        "sealaw", "groningen", "course", "0421", 7,
        "Law of the sea in a warming ocean",
        "A master's course with a moot court between teams of two continents.",
        """Baselines move when coasts drown. What happens to the waters behind them? Six weeks of reading lead to a moot court before judges who practise.

Teams plead for an island state or for a fishing fleet, and always with members from two institutions. Guests receive 5 ECTS from the University of Groningen after the written memorial and the pleading.

We particularly look for law students from island and coastal states.""",
        ("Use the Convention and the case law", "Plead before a bench online", "Weigh equity for states that lose land"),
        15, 8, "Wed Fri 09:00-12:00", 16, 110, 12, 12, ects=5, languages={"en": "C1"}, partners=2, regions=("009", "029", "035"),
        resources=(("mooc", "UN Audiovisual Library of International Law: law of the sea", "https://legal.un.org/avl/", "proprietary-free"),),
    ),
    O(
        "ferment", "ghent", "course", "0721", 6,
        "Fermented foods and their microbes",
        "Seats in an online course on sourdough, kimchi, ogi and cheese, with experiments for the kitchen table.",
        """Every student ferments something from home and measures it for three weeks: weight, pH strips, smell. The lectures explain what the microbes are doing and what makes it safe.

The best part is the tasting session, in which each describes what nobody else can taste. Please bring food from your own region; the class decides which ones we sequence in Ghent.

The course is taught in English and gives 4 ECTS.""",
        ("Explain the succession of microbes in a ferment", "Keep a home experiment safe and comparable", "Read a food safety rule critically"),
        14, 9, "Tue Thu 13:00-16:00", 14, 90, 0, 18, ects=4, partners=3, regions=("011", "030", "034"),
        resources=(("oer", "Microbiology (OpenStax)", "https://openstax.org/details/books/microbiology", "CC-BY-4.0"),
                   ("oer", "Food Safety, Sanitation, and Personal Hygiene (BCcampus)", "https://opentextbc.ca/foodsafety/", "CC-BY-4.0")),
    ),
    O(
        "manuscripts", "bologna", "course", "0223", 7,
        "Reading Aristotle in the margins",
        "A seminar on medieval commentaries, from manuscript image to argument; guests need Latin or Arabic.",
        """The margins of a manuscript are a conversation that lasted six centuries. We read digitised copies of the *Nicomachean Ethics* with Latin and Arabic commentaries side by side.

Students who know one of the two languages work with somebody who knows the other. Nobody here can read everything, and that is the method.

Ten guest seats, 6 ECTS.""",
        ("Transcribe and date a hand", "Follow an argument across two traditions", "Edit a passage with a co-editor"),
        13, 10, "Mon Thu 15:00-18:00", 20, 130, 10, 10, ects=6, languages={"en": "B2", "it": "B1"}, partners=2, regions=("145", "015"),
        resources=(("oer", "Introduction to Philosophy (OpenStax)", "https://openstax.org/details/books/introduction-philosophy", "CC-BY-4.0"),),
    ),
    O(
        "medicines", "buffalo", "course", "0916", 6,
        "Medicines people trust",
        "Pharmacy students look at false medicines, generics and advice over the counter in several countries.",
        """Why does the same tablet cost a day's wage in one place and nothing in the next? The course follows four medicines from patent to patient, with guests who see another health system every day.

Weekly live cases are played: one student is the pharmacist, one the patient, one the inspector. Recorded lectures can be followed at any hour.

Three US credits, stated as 5 ECTS on the transcript.""",
        ("Explain bioequivalence to a patient", "Recognise and report a suspicious medicine", "Compare prices and access fairly"),
        9, 10, "Mon Wed 09:00-12:00", 15, 110, 0, 14, ects=5, partners=2, regions=("002", "142"),
        resources=(("oer", "Pharmacology for Nurses (OpenStax)", "https://openstax.org/details/books/pharmacology", "CC-BY-4.0"),),
        captions=True, asynchronous=True, access="Captions on all recordings; live cases can be replaced by a written one.",
    ),
    # Joint seminars and guest lectures -------------------------------------------------------------------------------
    O(
        "glaciers", "kathmandu", "seminar", "0522", 6,
        "Glaciers above us, fjords below",
        "Six evenings on ice and what lives from it, given together by the Himalaya and the Norwegian coast.",
        """Langtang's ice feeds fields, Folgefonna's feeds turbines. Each evening has two speakers, one from each side, who have twenty minutes and must ask each other one question.

Students prepare in mixed groups of five, and each group moderates one evening. A shared notebook grows into a public reader.

Open to students of all fields who are not afraid of a graph.""",
        ("Explain what a shrinking glacier changes downstream", "Moderate a public evening", "Summarise a talk for those who missed it"),
        3, 6, "Tue Wed Thu 14:00-19:00", 9, 15, 30, 30, ects=1, groups=(4, 6), countries=("NO",), regions=("154",),
        resources=(("mooc", "Causes of Climate Change (University of Bergen)", "https://www.futurelearn.com/courses/causes-of-climate-change", "proprietary-free"),),
        bandwidth="low", captions=True, status="closed",
    ),
    O(
        "pressure", "beirut", "seminar", "0321", 6,
        "Reporting when it is hard",
        "Young journalists and their teachers talk about sources, safety and sleep, five Thursdays in a row.",
        """No heroic stories: this series is about the craft. How do you protect a source with an old phone? When do you not publish? Who looks after the reporter?

Every Thursday has one working journalist from the region as guest and a case that students prepare. The conversation is off the record, and only notes without names are kept.

We look for a journalism school with a newsroom of its own.""",
        ("Plan a story with its risks", "Verify a picture with open tools", "Agree on rules of safety in a team"),
        8, 5, "Thu 15:00-19:00; Tue 16:00-18:00", 10, 15, 25, 25, ects=1, languages={"en": "B2", "ar": "B1"}, partners=2, regions=("150", "019", "002"),
        resources=(("oer", "Journalism, fake news and disinformation: a handbook (UNESCO)", "https://unesdoc.unesco.org/ark:/48223/pf0000265552", "CC-BY-SA-3.0-IGO"),),
        access="Cameras may stay off in every session.",
    ),
    O(
        "murals", "mexico", "seminar", "0213", 6,
        "Walls that talk: muralism then and now",
        "Art students walk their cities, bring one wall each and discuss who may paint on it.",
        """From Rivera's stairs to a shutter in Iztapalapa: a wall is never only a wall. In seven sessions, two or three schools of art look at public painting in their cities, each week with an artist who paints outdoors.

Students bring photographs, permissions and gossip. In the end each school paints one wall (or one sheet of paper the size of a door) after a sketch made by the other.

In Spanish, with English where needed.""",
        ("Read a mural in its street and its time", "Sketch for a place known only from pictures", "Discuss permission and property"),
        10, 7, "Tue Thu 10:00-14:00", 14, 20, 20, 20, ects=1.5, languages={"es": "B2", "en": "B1"}, partners=2, regions=("005", "150"),
        resources=(("oer", "Smarthistory: Mexican muralism", "https://smarthistory.org/", "CC-BY-NC-SA-4.0"),),
        bandwidth="high",
    ),
    O(
        "inflation", "brno", "seminar", "0311", 6,
        "What a loaf costs: inflation seen from two kitchens",
        "Economists in Central Europe and West Africa keep the same shopping list for eight weeks.",
        """Thirty items, eight Saturdays, two countries. Students note the prices themselves, build their own index and compare it with the official one.

The joint sessions take one idea each: expectations, the exchange rate, wages, fuel. Two central bankers have promised to be asked anything.

The data set is published under an open licence at the end.""",
        ("Build a price index from the shop floor", "Explain why official and felt inflation differ", "Publish a small open data set"),
        -22, 8, "Wed Fri 11:00-15:00", 8, 24, 15, 15, ects=1, countries=("GH",), regions=("011",),
        resources=(("oer", "The Economy (CORE Econ)", "https://www.core-econ.org/", "CC-BY-NC-ND-4.0"),),
        bandwidth="low", status="closed",
    ),
    O(
        "lending", "accra", "seminar", "0322", 6,
        "Libraries that lend more than books",
        "Seeds, tools, sewing machines, quiet: library students collect what libraries lend today.",
        """A library in Accra lends solar lamps before exams. One in Aarhus lends neighbours. In five short seminars students of information studies present one unusual loan each and work out what rules it needs.

Library staff are welcome in the audience, and many have come in earlier years. The collected cases are kept as an open catalogue.""",
        ("Describe a service so that another library can copy it", "Draft lending rules for something odd", "Catalogue cases with shared fields"),
        16, 5, "Wed 13:00-17:00; Fri 09:00-12:00", 7.5, 12, 20, 20, ects=1, partners=3,
        resources=(("oer", "Wikidata: items for libraries", "https://www.wikidata.org/", "CC0-1.0"),),
        bandwidth="low", captions=True, asynchronous=True,
    ),
    O(
        "fire", "vancouver", "seminar", "0821", 7,
        "Forests after fire",
        "Forestry schools from three continents look at the same question: what grows back, and should we help?",
        """British Columbia, central Portugal, south-east Australia: three burnt landscapes, three traditions of dealing with them. Graduate students bring one plot each with photographs before, soon after and long after.

Indigenous fire keepers open the series and have the last word. Each session is held twice so that nobody has to meet at night.

Partners should have a forest that burnt in the last ten years and somebody who visits it.""",
        ("Describe recovery on a plot over time", "Compare salvage, planting and leaving alone", "Listen to and credit local knowledge"),
        11, 6, "Mon Tue 14:00-18:00; Wed 08:00-11:00", 12, 20, 15, 15, ects=1.5, partners=2, countries=("PT", "AU", "ES"),
        resources=(("oer", "Our World in Data: wildfires", "https://ourworldindata.org/wildfires", "CC-BY-4.0"),),
    ),
    # Virtual exchange: facilitated dialogue --------------------------------------------------------------------------
    O(
        "news", "cairo", "dialogue", "0314", 6,
        "Whose news? A dialogue on media and trust",
        "Small groups from three countries talk for eight weeks about what they believe and why, with a trained facilitator.",
        """Every group of six to eight has a facilitator who takes no side. The topics come from the participants' own feeds: a headline each week, seen from three cities.

There is no exam. What counts is to be there, to listen, and to notice what changes in one's own mind. A short diary goes to the teacher at home, who awards the credits there.

Facilitators are trained in a two-day online course before the start.""",
        ("Listen to a view one does not share", "Check where a story comes from", "Describe how one's own position moved"),
        -3, 8, "Sun Tue 16:00-20:00; Mon 17:00-20:00", 16, 16, 10, 12, ects=1, languages={"en": "B1"}, minutes=90, groups=(5, 8), partners=2,
        regions=("150", "142"),
        resources=(("oer", "Journalism, fake news and disinformation: a handbook (UNESCO)", "https://unesdoc.unesco.org/ark:/48223/pf0000265552", "CC-BY-SA-3.0-IGO"),
                   ("oer", "Introduction to Sociology 3e (OpenStax)", "https://openstax.org/details/books/introduction-sociology-3e", "CC-BY-4.0")),
        bandwidth="low", captions=True, status="closed",
    ),
    O(
        "climate", "sharing", "dialogue", "0031", 5,
        "Facing the climate we inherit",
        "Facilitated groups across three regions talk about worry, work and what they do next.",
        """Facts about the climate are easy to find and hard to talk about. In these groups nobody has to win an argument. Two facilitators open each session with one question and one minute of silence.

Participants keep one small promise for a month and report on it. Partner institutions name a contact person and decide whether to give credit.

Sessions are held on Tuesdays and Wednesdays; every participant chooses one of the two.""",
        ("Speak about climate without lecturing", "Ask questions that open a conversation", "Turn a worry into one step"),
        4, 6, "Tue Wed 15:00-20:00", 12, 6, 40, 20, languages={"en": "B1"}, minutes=120, groups=(6, 8), partners=6,
        resources=(("mooc", "Causes of Climate Change (University of Bergen)", "https://www.futurelearn.com/courses/causes-of-climate-change", "proprietary-free"),),
        bandwidth="low", captions=True, access="A facilitator can be reached in private during every session.",
    ),
    O(
        "tongues", "rabat", "dialogue", "0232", 6,
        "Living in several languages",
        "Young people who dream in one language and study in another compare their lives.",
        """Darija at home, French at the counter, Arabic in the book, English online: our students switch all day and seldom talk about it. We look for groups elsewhere who do the same, with any languages.

Each session starts with a word that cannot be translated. The facilitators are advanced students of linguistics, trained here, in pairs from two countries.

French is the common language, and it need not be perfect.""",
        ("Map one's own languages by place and person", "Recognise language policy in daily life", "Co-facilitate a group"),
        9, 7, "Tue Thu 15:00-19:00", 14, 14, 20, 20, ects=1, languages={"fr": "B1", "ar": "B1"}, groups=(5, 8), partners=2,
        regions=("155", "011", "029"),
        resources=(("oer", "Wiktionary, the free dictionary", "https://www.wiktionary.org/", "CC-BY-SA-4.0"),),
        bandwidth="low",
    ),
    O(
        "faith", "dublin", "dialogue", "0221", 6,
        "Faith, doubt and public life",
        "Students of theology and religious studies, believers and not, talk about what belongs in the square.",
        """Schools, holidays, dress, oaths: each week a group looks at one place where religion and public life meet, in two countries. A text from one tradition is read together first.

The dialogue follows the practice of scriptural reasoning: nobody speaks for a whole religion, everybody may say "I don't know".

Groups have a facilitator from DCU and one from the partner.""",
        ("Read a text of another tradition with its readers", "Disagree without leaving", "Compare how states treat religion"),
        13, 8, "Mon Wed 16:00-20:00", 12, 24, 18, 18, ects=2, groups=(5, 8), partners=2, regions=("145", "034", "035"),
        captions=True,
    ),
    O(
        "after", "bogota", "dialogue", "0312", 6,
        "After the agreement: talking about peace",
        "Students from countries with a peace process behind or before them compare what a signature changes.",
        """Colombia signed in 2016. Portugal changed its regime in 1974, South Africa in 1994. What did the morning after look like for ordinary people, and for whom did nothing change?

Groups of seven meet weekly for ninety minutes with two facilitators. Each participant interviews one person at home who remembers. The recordings stay private, and the transcripts are shared by choice.

Ready to start with a partner in Europe; a third partner in Africa is wished for.""",
        ("Interview somebody about a turning point", "Compare transitions without ranking them", "Hold a difficult conversation in a second language"),
        10, 8, "Tue Thu 08:00-12:00", 12, 28, 20, 20, ects=2, languages={"en": "B1", "es": "B1"}, groups=(5, 8), partners=2,
        countries=("PT", "ZA"), regions=("150", "002"),
        resources=(("oer", "Introduction to Political Science (OpenStax)", "https://openstax.org/details/books/introduction-political-science", "CC-BY-4.0"),),
        captions=True,
    ),
    # Tandems ---------------------------------------------------------------------------------------------------------
    O(
        "portugues", "lisbon", "tandem", "0231", 6,
        "Português for English: an hour each way",
        "Pairs of students teach each other Portuguese and English, with a task for each of eight weeks.",
        """Half the hour is in Portuguese, half in English, and a small bell tells when to change. Each week has a task: explain a recipe, complain politely, retell a film, read a poem aloud.

Pairs agree on their own hour within the shared hours. A tutor on each side listens in once and helps when a pair falls silent.

Portuguese from A2, English from B1. Learners of Portuguese are rarer than learners of English, so places on our side go in the order of arrival.""",
        ("Hold a conversation of thirty minutes in the new language", "Correct a partner usefully", "Keep a vocabulary diary"),
        2, 8, "Mon Tue Wed Thu 17:00-20:00", 8, 16, 12, 12, ects=1, languages={"pt": "A2", "en": "B1"}, minutes=60, groups=(2, 2),
        countries=("ZA",), regions=("018",),
        resources=(("oer", "Portuguese (Wikibooks)", "https://en.wikibooks.org/wiki/Portuguese", "CC-BY-SA-4.0"),), bandwidth="low", status="closed",
    ),
    O(
        "andalus", "granada", "tandem", "0231", 6,
        "Español y árabe: dos orillas",
        "Spanish and Arabic in pairs across the strait, with the Alhambra's poems as homework.",
        """Fourteen kilometres of water, one hour of clock. Students of translation in Granada and of Spanish in Rabat meet in pairs for ten weeks.

Each pair translates one inscription of the Alhambra and one street sign of Rabat. The rest is conversation with a weekly card.""",
        ("Speak about daily life in the partner's language", "Translate a short text in a pair", "Give feedback on pronunciation"),
        -17, 10, "Mon Wed Thu 16:00-20:00", 10, 20, 8, 8, ects=1, languages={"es": "B1", "ar": "A2"}, minutes=60, groups=(2, 2), countries=("MA",),
        resources=(("oer", "Arabic (Wikibooks)", "https://en.wikibooks.org/wiki/Arabic", "CC-BY-SA-4.0"),), bandwidth="low", status="closed",
    ),
    O(
        "nihongo", "tokyo", "tandem", "0231", 6,
        "日本語とEnglish: Japanese–English tandem",
        "Learners of Japanese meet our students of English, forty minutes a week and one voice message.",
        """Our students read English well and seldom speak it. Yours, perhaps, speak about anime and cannot yet read a train timetable. Pairs meet once a week and send one voice message in between.

The first ten minutes follow a card (directions, the weather, an apology), the rest is free. A Saturday slot exists for those who live far away in time.""",
        ("Speak without preparing for twenty minutes", "Understand polite and plain forms", "Read twenty everyday signs"),
        6, 10, "Tue Thu 17:00-20:00; Sat 09:00-13:00", 7, 14, 25, 25, ects=1, languages={"ja": "A2", "en": "B1"}, minutes=60, groups=(2, 2), partners=3,
        resources=(("oer", "Japanese (Wikibooks)", "https://en.wikibooks.org/wiki/Japanese", "CC-BY-SA-4.0"),), bandwidth="low", asynchronous=True,
    ),
    O(
        "hangul", "seoul", "tandem", "0231", 6,
        "한국어 y español: Korean and Spanish in pairs",
        "Korean learners of Spanish look for Spanish speakers who learn Korean, on either side of the Atlantic.",
        """Spanish is the fastest growing course at our language centre, and students have nobody to talk to. Pairs meet fifty minutes a week: the early morning in Seoul is the afternoon in Mexico, the evening is the morning in Spain.

Supply and demand are not equal. We have forty students of Spanish, so tell us how many of yours learn Korean and we will make room for exactly as many.""",
        ("Introduce oneself and one's town", "Understand slow natural speech", "Write a short message without a translator"),
        7, 8, "Mon Wed 08:00-10:00; Tue Thu 17:00-20:00", 8, 16, 40, 20, languages={"ko": "A1", "es": "A2"}, minutes=60, groups=(2, 2), partners=3, regions=("013", "005", "039"),
        resources=(("oer", "Korean (Wikibooks)", "https://en.wikibooks.org/wiki/Korean", "CC-BY-SA-4.0"),), bandwidth="low",
    ),
    # Blended intensive programmes ------------------------------------------------------------------------------------
    O(
        "robots", "tampere", "bip", "0714", 7,
        "Robots that help at home",
        "Six weeks online and six days in Tampere: mixed teams build a small assistant for an older person's kitchen.",
        """Teams get a budget of 150 euros, a microcontroller and a person. The virtual part is for listening to that person, sketching and simulating. The week in Tampere is for building and for failing early.

Three universities take part, with ten students each. Travel and stay are paid by the sending institutions from their own funds. The physical week includes one evening in a sauna, which is voluntary.

Tampere awards 3 ECTS for the whole.""",
        ("Turn a need into a requirement", "Integrate sensors, motors and code under time pressure", "Test with a real user"),
        -2, 7, "Tue Wed 09:00-13:00; Thu 12:00-16:00", 18, 50, 10, 10, ects=3, mode="blended", physical=("Tampere, Hervanta campus", 6, 6), partners=2, groups=(4, 6),
        countries=("ES", "IT"), regions=("150",),
        resources=(("oer", "Arduino documentation", "https://docs.arduino.cc/", "CC-BY-SA-4.0"),
                   ("oer", "FreeCAD documentation", "https://wiki.freecad.org/", "CC-BY-3.0")),
        bandwidth="high", status="closed",
    ),
    O(
        "rivers", "ljubljana", "bip", "0712", 7,
        "Rivers without borders",
        "A blended course on restoring rivers that cross frontiers, with a week on the Soča.",
        """Who cleans a river that belongs to three states? Online, teams work through treaties, flow data and one pollution case. In the Soča valley they measure for five days and present to the river commission's staff.

We need at least two more institutions from two more countries. Engineers, biologists and lawyers mix well here.""",
        ("Measure discharge and water quality in the field", "Find the responsible body for a shared river", "Plan a restoration with its costs"),
        14, 8, "Mon Tue 13:00-17:00; Thu 09:00-12:00", 16, 60, 12, 10, ects=4, mode="blended", physical=("Kobarid, Soča valley", 7, 6), partners=2, groups=(4, 6),
        countries=("TR", "EE"), regions=("150", "145"),
        resources=(("oer", "QGIS Training Manual", "https://docs.qgis.org/latest/en/docs/training_manual/", "CC-BY-SA-3.0"),), status="closed",
    ),
    O(
        "salt", "lisbon", "bip", "1015", 6,
        "Salt, sea and table: slow tourism on three coasts",
        "Tourism students from three countries plan a journey without aeroplanes, then walk part of it in Alcácer do Sal.",
        """Salt pans, markets, railway lines: each university brings one coast that deserves slower visitors. Online, mixed teams write a journey of seven days that links two of them by train and boat.

In the week by the Sado estuary the teams test one day of their plan on real guests, with a cook, a salt worker and the mayor as critics.

The Portuguese part is organised with the municipality.""",
        ("Plan a journey with its carbon and its costs", "Interview local hosts", "Test a service with guests"),
        12, 7, "Tue Thu 14:00-18:00", 14, 55, 12, 10, ects=3, mode="blended", physical=("Alcácer do Sal", 5, 6), partners=2, groups=(4, 6),
        countries=("ES", "IT"), regions=("039",),
        resources=(("oer", "Introduction to Tourism and Hospitality in BC (BCcampus)", "https://opentextbc.ca/introtourism2e/", "CC-BY-4.0"),), status="closed",
    ),
    O(
        "fishfarm", "bergen", "bip", "0831", 7,
        "Salmon, tilapia, seaweed: farming water responsibly",
        "Aquaculture students compare farms online and spend a week at sea level in western Norway.",
        """Norway farms salmon in the cold, others farm tilapia in ponds or seaweed on ropes. Teams exchange numbers that are rarely compared: feed, escapes, antibiotics, jobs.

The physical week visits two farms and a processing plant near Bergen. A scholarship fund covers the stay of six guests from outside Europe.

Looking for at least two partners from two countries, one of them warm.""",
        ("Compare farms by shared indicators", "Discuss welfare and waste with producers", "Write a policy note of two pages"),
        20, 8, "Mon Wed 09:00-12:00; Thu 13:00-16:00", 16, 60, 10, 10, ects=4, mode="blended", physical=("Bergen and Austevoll", 6, 7), partners=2, groups=(4, 6), regions=("142", "002", "005"),
        resources=(("mooc", "FAO eLearning Academy: fisheries and aquaculture", "https://elearning.fao.org/", "CC-BY-NC-SA-3.0-IGO"),),
    ),
    # VET virtual mobility --------------------------------------------------------------------------------------------
    O(
        "solar", "nairobi", "vet", "0713", 3,
        "A solar lamp that lasts",
        "Apprentices in three countries build the same lamp kit, break it on purpose and repair each other's by video.",
        """Each college builds ten lamps from the same plan. Then every team hides a fault in one of theirs, and a team abroad must find it by asking questions and reading a multimeter over the camera.

The programme is for groups with their teachers. Learners under 18 take part with their guardian's consent, which the sending school keeps. Teachers from both sides are in every live session.

We cover panels, charge controllers, soldering and safe work with batteries.""",
        ("Wire and test a small solar circuit", "Find a fault with a method", "Explain a repair in simple English"),
        4, 6, "Mon Tue Wed Thu 09:00-12:00", 9, 27, 12, 12, languages={"en": "A2"}, context="training", minutes=60, groups=(3, 5), partners=2, kinds=("vet",), regions=("154", "035"),
        resources=(("oer", "Global Solar Atlas", "https://globalsolaratlas.info/", "CC-BY-4.0"),), bandwidth="low",
        access="All steps are shown as pictures too.", status="closed",
    ),
    O(
        "breakfast", "gradia", "vet", "1013", 4,
        "Breakfast in three cities",
        "Cooks in training plan, cost and serve a breakfast from another country to real guests.",
        """Week by week, teams of learners from Finland, the Netherlands and South Africa teach each other one breakfast dish over the kitchen camera. In week five each training restaurant serves the menu of the other two.

We compare allergens, hygiene rules and food costs, because these are what an employer will ask. Teachers assess with the criteria of the home qualification.

Chef's jackets on, please.""",
        ("Cook from a colleague's live instruction", "Calculate portions, allergens and price", "Serve guests and take their feedback"),
        -4, 6, "Tue Wed Thu 09:00-13:00", 9, 30, 10, 10, languages={"en": "A2"}, context="training", minutes=60, groups=(3, 5), partners=2, kinds=("vet",), countries=("NL", "ZA"),
        resources=(("oer", "Food Safety, Sanitation, and Personal Hygiene (BCcampus)", "https://opentextbc.ca/foodsafety/", "CC-BY-4.0"),), bandwidth="high", status="closed",
    ),
    O(
        "ebikes", "rocmn", "vet", "0716", 4,
        "From bicycle to e-bike: motors, batteries, brakes",
        "Mechanics in training convert an old bicycle and compare the rules for putting it on the road.",
        """Utrecht has more bicycles than people; your town may have more motorcycles. Teams choose one frame on each side, agree on a motor and convert both with the other team watching.

We send a list of parts for about 200 euros a school. The legal part is short and useful: what may ride where, with which plate, at which speed?

Looking for a school of vehicle technology with a workshop that has a camera, or a phone on a stick.""",
        ("Measure and balance a battery pack", "Fit and adjust disc brakes", "Compare rules for light vehicles"),
        8, 6, "Mon Wed Fri 09:00-12:00", 9, 30, 12, 12, languages={"en": "A2"}, context="training", minutes=60, partners=1, kinds=("vet",), regions=("002", "142"),
        resources=(("oer", "Bicycles (Wikibooks)", "https://en.wikibooks.org/wiki/Bicycles", "CC-BY-SA-4.0"),),
    ),
    O(
        "chairs", "senai", "vet", "0722", 4,
        "One chair, two workshops",
        "Furniture makers in training draw a chair together and mill it on both sides of an ocean.",
        """A chair that can be packed flat, cut on a small CNC router and put together without glue. Teams draw in free software, exchange files and build with the wood that grows at home: eucalyptus here, what is yours?

In the last session everybody sits down at the same moment.

In Portuguese or English; the drawings speak for themselves.""",
        ("Draw joints with tolerances", "Prepare and run a CNC job safely", "Adapt a design to another wood"),
        10, 8, "Tue Thu 08:00-12:00", 12, 40, 12, 12, languages={"pt": "B1", "en": "A2"}, context="training", minutes=60, kinds=("vet",), regions=("150",), countries=("PT",),
        resources=(("oer", "FreeCAD documentation", "https://wiki.freecad.org/", "CC-BY-3.0"),),
    ),
    O(
        "salon", "northlink", "vet", "1012", 3,
        "Hair has a history: braiding, cutting, caring",
        "Hairdressing learners teach each other techniques for hair they seldom have under their hands.",
        """Many of our learners are masters of braids and have never cut fine straight hair. Elsewhere it is the other way round. Pairs teach each other one technique on a training head, step by step, and write a card for it.

One session is about history and respect: what styles mean, and how to speak with a client about them.

Training heads are sent by post if a partner has none of that hair type.""",
        ("Carry out one new technique under guidance", "Advise clients with any type of hair", "Write a clear technique card"),
        7, 5, "Mon Tue Thu 10:00-14:00", 7.5, 15, 14, 14, languages={"en": "A2"}, context="training", minutes=60, groups=(2, 4), kinds=("vet",), regions=("150", "009"),
        bandwidth="high",
    ),
    O(
        "port", "mombasa", "vet", "1041", 4,
        "A container's journey",
        "Logistics learners follow one container from port to port and fill in every paper it needs.",
        """A container of tea leaves Mombasa and arrives in Europe or Asia with a few more stamps. Learners on both ends prepare the papers, plan the lorry and calculate what a day's delay costs.

A shipping clerk from the port answers questions live. Partners near a harbour or a dry port are best, but any school with a logistics programme is welcome.""",
        ("Complete transport documents correctly", "Plan loading with weight limits", "Calculate the cost of waiting"),
        9, 5, "Tue Wed Thu 08:00-12:00", 6, 20, 16, 16, languages={"en": "A2"}, context="training", minutes=60, kinds=("vet",),
        countries=("NL", "SG", "BE"), bandwidth="low", asynchronous=True,
    ),
    O(
        "play", "bowvalley", "vet", "0922", 5,
        "Learning through play, in two kindergartens",
        "Child care students plan one week of play for each other's kindergarten and watch what happens.",
        """Snow, sand, cardboard: children make do with what is there. Students visit a kindergarten at home, describe it without pictures of children, and plan a week of play for the one abroad.

The teachers there try two of the ideas and report. We discuss safety, boredom and screens.

No personal data of children is shared at any time; the rules are in the programme.""",
        ("Observe play and describe it fairly", "Plan for a setting one has not seen", "Respect children's privacy"),
        8, 6, "Mon Wed 08:00-12:00", 9, 24, 18, 18, languages={"en": "B1"}, context="training", minutes=60, kinds=("vet",), regions=("154", "155"),
        captions=True,
    ),
    O(
        "coffee", "sena", "vet", "0416", 4,
        "Café de origen: from the farm gate to the counter",
        "Retail learners sell the same coffee in Colombia and abroad, and compare what the customer wants to know.",
        """Our learners come from families that grow coffee; yours may serve it. In five weeks both sides write the label, the shelf card and a sales talk of one minute for the same bag.

They learn how the price is made up from the tree to the cup, and what words such as "origin" may promise. The talks are tried out in real shops.

In Spanish, with English for the label.""",
        ("Explain a price from producer to customer", "Write an honest label", "Hold a sales talk and reflect on it"),
        11, 5, "Tue Thu 07:00-11:00", 7.5, 18, 16, 16, languages={"es": "B1", "en": "A2"}, context="training", minutes=60, kinds=("vet",), countries=("ES",), regions=("150",), bandwidth="low",
    ),
    O(
        "jam", "ite", "vet", "0211", 4,
        "Ten-day game jam across the clock",
        "Media learners make a small game about their street with a team in another time zone.",
        """Theme: *my street at six in the evening*. Teams of four divide drawing, sound, code and story, and pass the build around the globe once a day.

The first evening is for rules, the last for playing. Mentors from local studios look in. The game must run on an old phone, so nobody is left out.""",
        ("Deliver a playable build every day", "Make assets that others can use", "Credit and license one's own work"),
        6, 2, "Mon Tue Wed Thu Fri 15:00-19:00", 10, 30, 16, 16, languages={"en": "A2"}, context="training", minutes=60, groups=(3, 4), kinds=("vet",), regions=("150", "019"),
        resources=(("oer", "Godot Engine documentation", "https://docs.godotengine.org/", "CC-BY-3.0"),
                   ("oer", "Blender Manual", "https://docs.blender.org/manual/en/latest/", "CC-BY-SA-4.0")),
    ),
    O(
        "site", "brisbane", "vet", "1022", 3,
        "Safe on site: see it, say it, stop it",
        "Building apprentices inspect each other's photographs of a workplace and compare the rules.",
        """Every week a team sends five photographs from a training site with at least one hidden hazard. The team abroad has to find it, name the rule and say what to do before work goes on.

The comparison is an eye-opener: heights, heat, dust and hearing are treated quite differently. Both sides end with a toolbox talk in front of their own class.

Short live sessions, much by messages: it suits groups that are far apart in time.""",
        ("Spot hazards in a picture and in a place", "Use the home country's rules", "Give a toolbox talk"),
        10, 6, "Mon Tue Wed Thu 15:00-18:30", 6, 18, 15, 15, languages={"en": "A2"}, context="training", minutes=60, kinds=("vet",),
        resources=(("oer", "Napo films on safety at work", "https://www.napofilm.net/", "proprietary-free"),), bandwidth="low", captions=True, asynchronous=True,
    ),
    # Staff training --------------------------------------------------------------------------------------------------
    O(
        "coilstart", "coventry", "staff", "0111", 7,
        "First COIL: four weeks from idea to a signed plan",
        "Teachers meet a possible partner in the first week and leave with a plan for a joint module.",
        """Most training tells what COIL is. This one makes you do it: you are paired with a teacher abroad on day one, and everything you learn is applied to the module the two of you will run.

Icebreakers that work, tasks that need both sides, assessment that stays at home, and what to do when a partner goes quiet. Two experienced teachers look at every plan.""",
        ("Design a task that needs both classes", "Agree on dates, numbers and assessment", "Prepare for trouble"),
        -14, 4, "Mon Wed 12:00-15:00", 8, 12, 8, 8, context="training", minutes=90, groups=(2, 4), partners=2, regions=("002",),
        resources=(("oer", "ICT Competency Framework for Teachers (UNESCO)", "https://unesdoc.unesco.org/ark:/48223/pf0000265721", "CC-BY-SA-3.0-IGO"),), captions=True, status="closed",
    ),
    O(
        "grading", "dublin", "staff", "0114", 7,
        "Fair marks for group work across countries",
        "Teachers bring one real assignment and rewrite its rubric with colleagues who mark by other scales.",
        """A 14 in Lisbon, a 65 in Dublin, a 1.7 in Berlin: what did the student do? In three workshops teachers from several systems mark the same three pieces of group work, compare, and find out where they really differ.

Everybody leaves with a rubric for one assignment of their own and a paragraph about how to explain it to students.""",
        ("Separate a group's result from a person's part", "Translate between grading scales with care", "Write a rubric students understand"),
        5, 3, "Tue Thu 12:00-16:00", 6, 6, 12, 10, context="teaching", minutes=120, partners=3,
        resources=(("oer", "OAsis, the repository of the Commonwealth of Learning", "https://oasis.col.org/", "CC-BY-SA-4.0"),), captions=True,
    ),
    O(
        "facilitate", "hawaii", "staff", "0923", 7,
        "Talking story: facilitation across oceans",
        "Staff who advise or teach learn to lead a group conversation in which everybody gets a turn.",
        """In Hawaiʻi, *talking story* is how people come to trust one another before they come to the point. The training starts there, and adds listening in rounds, working with silence, and repairing a conversation that went wrong.

Participants facilitate one real session each and receive feedback from two peers. Student counsellors, international officers and teachers are all welcome.""",
        ("Open and close a circle online", "Notice who has not spoken", "Repair harm in a conversation"),
        7, 5, "Mon Wed Thu 13:00-17:00", 10, 10, 12, 12, context="training", minutes=120, groups=(4, 6), partners=2, regions=("009", "030", "035"),
        access="One session in American Sign Language on request.",
    ),
    O(
        "mentors", "omnia", "staff", "0113", 6,
        "Mentors at the workplace: how apprentices learn on the job",
        "Vocational teachers and company mentors from two countries visit each other's workplaces by phone camera.",
        """Who teaches the apprentice, the school or the firm? Each participant films one ordinary hour of learning at work, with permission, and the group watches it twice: once in silence, once with questions.

We compare how mentors are chosen, trained and thanked. The result is a short guide for new mentors in three languages.""",
        ("Observe learning at work", "Give feedback that a learner can use", "Plan the first week of an apprentice"),
        9, 4, "Tue Wed 10:00-14:00", 8, 8, 10, 10, languages={"en": "B1"}, context="training", minutes=120, partners=2, kinds=("vet", "training"), regions=("002", "155"),
    ),
    O(
        "simulation", "manila", "staff", "0913", 7,
        "Teaching nursing with simulated patients, online",
        "Nurse educators script, play and debrief a patient scene together with colleagues abroad.",
        """Not every school has a simulation centre; every school has colleagues who can act. Pairs of educators write one scene (a confused patient, a worried father), play it over video for students and lead the debriefing.

We give the script template, train the actors and film one example. The scenes are collected under an open licence.""",
        ("Write a scene with a clear aim", "Debrief so that students speak first", "Share and adapt scripts"),
        12, 5, "Mon Wed Fri 14:00-18:00", 10, 15, 12, 12, context="teaching", minutes=120, partners=2,
        resources=(("oer", "Clinical Procedures for Safer Patient Care (BCcampus)", "https://opentextbc.ca/clinicalskills/", "CC-BY-4.0"),
                   ("oer", "Clinical Nursing Skills (OpenStax)", "https://openstax.org/details/books/clinical-nursing-skills", "CC-BY-4.0")), captions=True,
    ),
    # Of the cast's desks: published by Asha, Bruno and Chie, and drafts --------------------------------------------
    O(
        "turbines", "pune", "coil", "0788", 6,
        "Small wind for a hill school",
        "Engineering and design students size a wind turbine for one school on each side, from real measurements.",
        """A hill school near Mahabaleshwar measures wind for us since last year. Bring a school of yours, on a coast, a dike or a mountain, and teams will size the same machine for both.

The engineering is simple enough for second-year students. What takes time is the talk with the school: what should the power be for, who turns it off in a storm, who pays for the next bearing?

We are open to mixed classes of engineers and designers, and we share all sheets and drawings.""",
        ("Estimate yearly energy from short measurements", "Design with users who are far away", "Document so that others can build"),
        8, 8, "Mon Tue Thu 14:30-18:30", 12, 48, 24, 24, ects=2.5, regions=("150", "002"), partners=2,
        resources=(("oer", "FreeCAD documentation", "https://wiki.freecad.org/", "CC-BY-3.0"),
                   ("oer", "University Physics, Volume 1 (OpenStax)", "https://openstax.org/details/books/university-physics-volume-1", "CC-BY-4.0")), captions=True,
    ),
    O(
        "healthdata", "lisbon", "coil", "0914", 7,
        "Reading the same X-ray: diagnosis, bias and machines",
        "Students of medical imaging test one open algorithm on pictures from two countries and ask whom it fails.",
        """An algorithm trained in one place meets patients of another. Teams run a small open model on public chest X-rays, sort the errors and look for a pattern: age, device, disease that is common here and rare there.

No coding experience is needed, a notebook is given. Radiographers and medical students work together; a data protection officer gives one session.

Public data only. Nobody uploads a patient's picture.""",
        ("Measure a model's errors by group", "Explain bias to a colleague without statistics", "Know what data may be shared"),
        7, 7, "Mon Wed 09:00-13:00", 10.5, 45, 20, 20, ects=2, regions=("034", "002", "005"),
        resources=(("mooc", "Elements of AI (University of Helsinki)", "https://www.elementsofai.com/", "proprietary-free"),
                   ("oer", "Galaxy Training: statistics and machine learning", "https://training.galaxyproject.org/", "CC-BY-4.0")), captions=True,
    ),
    O(
        "sound", "tokyo", "seminar", "0215", 6,
        "The sound of a train station",
        "Music students record one station each and compose a piece of two minutes from the other's.",
        """Each JR station in Tokyo has its own melody for the closing doors. Students record what a station sounds like at home, swap files, and compose with what they have been given.

Four joint listening sessions with two composers. The pieces are published together under a Creative Commons licence of the students' choice.""",
        ("Record in public with respect", "Compose from found sound", "Talk about a piece while it is unfinished"),
        13, 4, "Tue Fri 10:00-13:00; Wed 17:00-20:00", 6, 24, 16, 16, ects=1, partners=2, regions=("150", "009"),
        resources=(("oer", "Open Music Theory", "https://viva.pressbooks.pub/openmusictheory/", "CC-BY-SA-4.0"),), bandwidth="high",
    ),
    O(
        "textiles", "pune", "seminar", "0723", 5,
        "Handloom numbers: what a sari pays",
        "Textile students and weavers work out the real hourly wage in a handwoven cloth.",
        """Paithan's weavers work three weeks on one sari. What do they earn in an hour, and what would they have to earn? Students visit, count threads and hours, and present to the weavers first.

We look for partners with a craft of their own: lace, felt, kilts, wax prints.""",
        ("Estimate labour in a handmade object", "Interview craftspeople respectfully", "Compare crafts and their markets"),
        15, 5, "Tue Thu 15:00-18:00", 7.5, 15, 20, 20, ects=1, partners=2, status="draft",
    ),
    O(
        "sketch", "lisbon", "seminar", "0731", 6,
        "Drawing the same square",
        "",
        """Architecture students draw one public square each, by hand, in three kinds of light.""",
        (), 18, 4, "", 0, 0, 0, 0, status="draft",
    ),
    O(
        "ledger", "jakarta", "course", "0412", 6,
        "Islamic and conventional finance side by side",
        "Guests join our third-year course and compare two ways of financing the same house.",
        """One house, two banks. The course computes a mortgage and a *murabaha* for the same family and asks which risks each hides.

Fifteen guest seats; 4 ECTS by Universitas Indonesia.""",
        ("Compute both contracts", "Compare who carries which risk", "Discuss regulation"),
        2, 10, "Mon Wed 13:00-17:00", 20, 90, 0, 15, ects=4, partners=2, resources=(("oer", "Principles of Finance (OpenStax)", "https://openstax.org/details/books/principles-finance", "CC-BY-NC-SA-4.0"),),
        status="expired",
    ),
    O(
        "enterprise", "bangkok", "coil", "0413", 6,
        "Street food as a business",
        "Management students shadow a stall for a day and compare its books with one abroad.",
        """A noodle stall earns more than it looks, and less than tourists think. Students spend one day each at a stall, write down every baht, and compare with a team abroad.

We found our partner for this year and closed the offer. It will open again.""",
        ("Keep simple books", "Describe a business without numbers first", "Compare regulation of street trade"),
        4, 6, "Tue Thu 13:00-17:00", 9, 30, 20, 20, ects=1.5, resources=(("oer", "Entrepreneurship (OpenStax)", "https://openstax.org/details/books/entrepreneurship", "CC-BY-4.0"),),
        status="closed",
    ),
    O(
        "nursinghome", "kingston", "coil", "0915", 6,
        "Moving again: rehabilitation after a stroke",
        "Physiotherapy students plan six weeks of exercise at home for a patient on each island or coast.",
        """Few of our patients can come to the clinic twice a week. Teams plan exercises for a living room: a chair, a bottle of water, a neighbour. They film them on themselves and adapt them to what is at hand in the partner's country.

The cases are invented from real ones. Two therapists follow every team.""",
        ("Plan rehabilitation for a home", "Adapt exercises to another culture", "Teach an exercise over video"),
        9, 7, "Mon Wed 08:00-12:00", 10, 35, 18, 18, ects=2, regions=("150", "002"), resources=(("oer", "Anatomy and Physiology 2e (OpenStax)", "https://openstax.org/details/books/anatomy-and-physiology-2e", "CC-BY-4.0"),),
        captions=True,
    ),
    O(
        "atolls", "suva", "dialogue", "0388", 6,
        "Home is higher ground: islands and coasts in conversation",
        "Students from low islands and low coasts talk about staying, leaving and what to take along.",
        """Tuvalu, Kiribati, the Netherlands, Bangladesh: places where the sea is a neighbour with a key. Groups of six meet for six weeks with a facilitator, by audio first because lines are thin.

Each brings an object that would have to come along. The objects become a small online exhibition.""",
        ("Tell and hear a story of place", "Distinguish migration, relocation and adaptation", "Make an exhibition together"),
        8, 6, "Tue Wed 09:00-13:00; Thu 16:00-20:00", 9, 15, 20, 20, ects=1, languages={"en": "B1"}, groups=(5, 7), partners=3, regions=("142", "150", "019"),
        bandwidth="low", asynchronous=True, access="Audio only is fine; a summary in plain English after each session.",
    ),
    O(
        "genome", "astana", "course", "0512", 7,
        "Proteins in silico",
        "A graduate course in structural bioinformatics with guest seats and a common challenge at the end.",
        """From sequence to structure to a hypothesis, with free software only. In the final challenge, pairs of local and guest students predict what a mutation does and defend it before those who measured it.

6 ECTS; guests need one year of biochemistry.""",
        ("Predict and judge a structure", "Use public databases critically", "Defend a prediction"),
        17, 12, "Mon Thu 14:00-18:00", 24, 130, 0, 12, ects=6, partners=2, resources=(("oer", "Galaxy Training: proteomics", "https://training.galaxyproject.org/", "CC-BY-4.0"),), bandwidth="high",
    ),
    # What answers the cast's offers ----------------------------------------------------------------------------------
    O(
        "pier", "dublin", "coil", "0713", 6,
        "Wind on the pier: a small turbine for an island ferry",
        "Engineering students size a turbine for one pier in Galway Bay and look for a windy place elsewhere.",
        """The ferry pier on Inis Oírr has lights, a waiting room and a bill that nobody likes. Could one small turbine pay it? Our second-year class starts from three years of harbour measurements and a tide table.

We want a partner whose wind is different: gusts in the hills, a monsoon, a desert evening. Each team works on both places, and writes down every assumption that did not survive the journey.

The last session is a hearing. Islanders and their counterparts ask, students answer.""",
        ("Turn wind data into yearly energy with its uncertainty", "Choose a machine that can be repaired on the spot", "Answer questions from those who will live with it"),
        8, 8, "Mon Tue Thu 09:00-13:00", 12, 48, 22, 22, ects=2, regions=("034", "002"),
        resources=(("oer", "University Physics, Volume 1 (OpenStax)", "https://openstax.org/details/books/university-physics-volume-1", "CC-BY-4.0"),), captions=True,
    ),
    O(
        "ultrasound", "kampala", "coil", "0914", 7,
        "Ultrasound beyond the hospital: who reads the picture?",
        "Imaging students follow a portable scanner from the village to the specialist, and test a helping algorithm.",
        """In Mukono a midwife holds the probe and a radiographer fifty kilometres away reads the picture. Sometimes an algorithm reads it first. Teams take one step of that chain each and ask what can go wrong, for whom, and who would notice.

Public teaching images are used throughout. We are looking for a class with another health system, and for a teacher who likes arguing about false alarms.

Two radiographers from Kampala join every second session.""",
        ("Describe a diagnostic chain with its delays and doubts", "Compare a person's and an algorithm's errors", "Write a rule for when to ask a second reader"),
        7, 7, "Mon Wed 12:00-16:00", 10.5, 42, 20, 20, ects=2, regions=("150", "145"),
        resources=(("oer", "Anatomy and Physiology 2e (OpenStax)", "https://openstax.org/details/books/anatomy-and-physiology-2e", "CC-BY-4.0"),), bandwidth="low",
    ),
    O(
        "pacifictalk", "vancouver", "tandem", "0231", 6,
        "Friday here, Saturday there: English and Japanese",
        "Learners of Japanese in Vancouver meet learners of English in Japan when one week ends and the other rests.",
        """Our Friday afternoon is Saturday morning in Japan, and nobody has class. Pairs talk for thirty minutes in each language and keep a shared notebook of things that made them laugh.

A card for each week helps those who are shy. Teachers on both sides read the notebooks twice a term, with a kind pencil.

About twenty learners of Japanese, from A2.""",
        ("Keep up a conversation in Japanese or English", "Ask for and give corrections", "Describe one's neighbourhood"),
        6, 10, "Fri 15:00-20:00", 7, 14, 20, 20, ects=1, languages={"en": "B1", "ja": "A2"}, minutes=60, groups=(2, 2), countries=("JP",),
        resources=(("oer", "Japanese (Wikibooks)", "https://en.wikibooks.org/wiki/Japanese", "CC-BY-SA-4.0"),), bandwidth="low",
    ),
    # Given in intakes (see `intakes.py`) ----------------------------------------------------------------------------
    O(
        "alhambra", "granada", "course", "0541", 6,
        "Seventeen ways to fill a wall: the geometry of the Alhambra",
        "A course on symmetry groups whose exercises hang in the palace above the lecture hall.",
        """Every wallpaper pattern belongs to one of seventeen groups, and people still argue how many of them the Alhambra shows. We prove the theorem, then go and look: guests from afar work on photographs in high resolution, with a student in Granada who can walk up the hill and check.

The assessment is a short paper on one wall, written by two students of different universities.

Guests need linear algebra, nothing else.""",
        ("Classify plane patterns by their symmetries", "Prove a classification theorem step by step", "Write mathematics for readers who love the place"),
        11, 9, "Tue Thu 15:00-18:00", 18, 57, 0, 12, ects=3, partners=2, status="closed",
    ),
    O(
        "foodlaw", "bologna", "seminar", "0421", 7,
        "Whose parmesan? Names of origin in four cases",
        "Law and food-science students argue four real cases on names of origin, each side for the other side's country.",
        """A cheese from Wisconsin, a wine from Crimea, a sausage from Nuremberg and an oil from nowhere in particular: four cases, four evenings. Teams prepare the case of the country that is not theirs, and a judge of the Bologna court listens to the last one.

The reading is short and in English; the decisions are in several languages, and the teams translate for one another.""",
        ("Argue a case on geographical indications", "Read a decision in a foreign language with help", "Explain a technical standard to lawyers"),
        12, 6, "Tue Wed 14:00-17:00", 9, 20, 10, 10, ects=1, partners=2, status="closed",
    ),
    O(
        "streets", "cairo", "dialogue", "0314", 6,
        "Streets that remember: names, statues and quarrels",
        "A facilitated dialogue on whom a city honours, by walks that the participants film for one another.",
        """Every city has a street whose name somebody wants to change. Small groups walk such a street with a phone, show it to the others and ask: who put this name here, who objects, and what would you do?

Two trained facilitators are in each group. Nobody has to agree in the end; everybody has to be able to tell the other side's story.""",
        ("Listen to a position one does not share", "Read a monument as a decision", "Tell another side's story fairly"),
        10, 6, "Tue Thu 14:00-17:00", 12, 12, 10, 10, ects=1, partners=2, groups=(4, 6), status="closed",
    ),
    O(
        "letters", "lisbon", "seminar", "0232", 6,
        "Letters between three cities",
        "Students of literature read letters of exile from Lisbon, Cairo and Pune, and write one.",
        """Half of what we know of exile comes from letters. Each university brings three, with what is needed to understand them; mixed groups read them aloud, in the original and in translation.

In the last two weeks everybody writes a letter to somebody in another city and receives one. Some of them will be printed.""",
        ("Read letters as literature and as documents", "Compare translations", "Write for one reader"),
        9, 5, "Mon Wed 13:00-16:00", 7.5, 17, 10, 10, ects=1, partners=2, status="closed",
    ),
)  # fmt: skip

BY_KEY = {offer.key: offer for offer in OFFERS}
