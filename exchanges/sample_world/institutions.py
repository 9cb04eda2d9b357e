# ruff: noqa: E501 (a table of facts reads better in long lines)
"""PURE: institutions that exist, with public facts about them.

A code is left out where it is not certain. `mail` is the reserved domain under which the invented people of that
institution have their addresses; `domains` are the institution's real ones.
"""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class SampleInstitution:
    key: str
    name: str
    country: str
    city: str
    zone: str
    website: str
    schac: str
    languages: tuple[str, ...]
    description: str
    kind: str = "hei"
    erasmus_code: str = ""
    ror: str = ""
    domains: tuple[str, ...] = field(default=())

    @property
    def mail(self) -> str:
        return f"{self.key}.example"

    @property
    def mail_domains(self) -> tuple[str, ...]:
        return self.domains or (self.schac,)


I = SampleInstitution  # noqa: E741

INSTITUTIONS: tuple[SampleInstitution, ...] = (
    # Europe ----------------------------------------------------------------------------------------------------------
    I("lisbon", "Universidade de Lisboa", "PT", "Lisbon", "Europe/Lisbon", "https://www.ulisboa.pt/", "ulisboa.pt",
      ("pt", "en"), "Eighteen schools from law to veterinary medicine. Virtual exchanges are run by the international office together with the teachers of each school.",
      erasmus_code="P  LISBOA109", ror="https://ror.org/01c27hj86"),
    I("tampere", "Tampere University", "FI", "Tampere", "Europe/Helsinki", "https://www.tuni.fi/", "tuni.fi",
      ("fi", "en"), "Technology, health and society on three campuses. Teachers can book a learning designer for a joint module.",
      erasmus_code="SF TAMPERE17", ror="https://ror.org/033003e23"),
    I("granada", "Universidad de Granada", "ES", "Granada", "Europe/Madrid", "https://www.ugr.es/", "ugr.es",
      ("es", "en"), "Receives and sends students to most of Europe and Latin America. The translation faculty has a long habit of tandems.",
      erasmus_code="E  GRANADA01", ror="https://ror.org/04njjy449"),
    I("berlin", "Humboldt-Universität zu Berlin", "DE", "Berlin", "Europe/Berlin", "https://www.hu-berlin.de/", "hu-berlin.de",
      ("de", "en"), "Humanities, sciences, law and agriculture in the middle of Berlin. Course seats for partners open twice a year.",
      erasmus_code="D  BERLIN13", ror="https://ror.org/01hcx6992"),
    I("ghent", "Ghent University", "BE", "Ghent", "Europe/Brussels", "https://www.ugent.be/", "ugent.be",
      ("nl", "en"), "Eleven faculties. Every programme names somebody who looks after international work at home.",
      erasmus_code="B  GENT01", ror="https://ror.org/00cv9y106"),
    I("brno", "Masaryk University", "CZ", "Brno", "Europe/Prague", "https://www.muni.cz/", "muni.cz",
      ("cs", "en"), "Ten faculties; the second largest university of its country. Law and informatics have run virtual exchanges.",
      erasmus_code="CZ BRNO05", ror="https://ror.org/02j46qs45"),
    I("bologna", "Università di Bologna", "IT", "Bologna", "Europe/Rome", "https://www.unibo.it/", "unibo.it",
      ("it", "en"), "Teaching since 1088, on campuses in five cities of the Romagna and Emilia.",
      erasmus_code="I  BOLOGNA01", ror="https://ror.org/01111rn36"),
    I("warsaw", "University of Warsaw", "PL", "Warsaw", "Europe/Warsaw", "https://www.uw.edu.pl/", "uw.edu.pl",
      ("pl", "en"), "More than twenty faculties. Student groups from here are used to working across the continent.",
      erasmus_code="PL WARSZAW01", ror="https://ror.org/039bjqg32"),
    I("tartu", "University of Tartu", "EE", "Tartu", "Europe/Tallinn", "https://ut.ee/", "ut.ee",
      ("et", "en"), "Estonia's national university. Most courses keep their materials online all year round.",
      erasmus_code="EE TARTU02", ror="https://ror.org/03z77qz90"),
    I("ljubljana", "University of Ljubljana", "SI", "Ljubljana", "Europe/Ljubljana", "https://www.uni-lj.si/", "uni-lj.si",
      ("sl", "en"), "Faculties and three art academies; forestry and architecture look for partners with mountains or rivers.",
      erasmus_code="SI LJUBLJA01", ror="https://ror.org/05njb9z20"),
    I("dublin", "Dublin City University", "IE", "Dublin", "Europe/Dublin", "https://www.dcu.ie/", "dcu.ie",
      ("en", "ga"), "A young university with a strong unit for online teaching and an institute of education.",
      erasmus_code="IRLDUBLIN04", ror="https://ror.org/04a1a1e81"),
    I("coventry", "Coventry University", "GB", "Coventry", "Europe/London", "https://www.coventry.ac.uk/", "coventry.ac.uk",
      ("en",), "Collaborative online learning is part of many of its degrees.", ror="https://ror.org/01tgmhj36"),
    I("bergen", "University of Bergen", "NO", "Bergen", "Europe/Oslo", "https://www.uib.no/", "uib.no",
      ("nb", "en"), "Marine research, climate and global challenges on the west coast of Norway.",
      erasmus_code="N  BERGEN01", ror="https://ror.org/03zga2b32"),
    I("groningen", "University of Groningen", "NL", "Groningen", "Europe/Amsterdam", "https://www.rug.nl/", "rug.nl",
      ("nl", "en"), "Virtual exchange is offered in all eleven faculties, with help for teachers who start.",
      erasmus_code="NL GRONING01", ror="https://ror.org/012p63287"),
    I("gradia", "Gradia", "FI", "Jyväskylä", "Europe/Helsinki", "https://www.gradia.fi/", "gradia.fi",
      ("fi", "en"), "Vocational and upper secondary education in Jyväskylä and Jämsä, for young people and adults.", kind="vet"),
    I("omnia", "Omnia", "FI", "Espoo", "Europe/Helsinki", "https://www.omnia.fi/", "omnia.fi",
      ("fi", "sv", "en"), "A regional education provider with vocational programmes from cooking to construction.", kind="vet"),
    I("rocmn", "ROC Midden Nederland", "NL", "Utrecht", "Europe/Amsterdam", "https://www.rocmn.nl/", "rocmn.nl",
      ("nl", "en"), "Vocational colleges in Utrecht, Amersfoort and Nieuwegein.", kind="vet"),
    I("glasgow", "City of Glasgow College", "GB", "Glasgow", "Europe/London", "https://www.cityofglasgowcollege.ac.uk/",
      "cityofglasgowcollege.ac.uk", ("en",), "Nautical studies, hospitality, building and creative trades beside the Clyde.", kind="vet"),
    I("sharing", "Sharing Perspectives Foundation", "NL", "Amsterdam", "Europe/Amsterdam",
      "https://sharingperspectivesfoundation.com/", "sharingperspectivesfoundation.com", ("en",),
      "Designs facilitated online dialogue for young people and trains facilitators.", kind="training"),
    # Africa ----------------------------------------------------------------------------------------------------------
    I("cairo", "The American University in Cairo", "EG", "Cairo", "Africa/Cairo", "https://www.aucegypt.edu/", "aucegypt.edu",
      ("en", "ar"), "Liberal arts, engineering and business in New Cairo. Students here have met peers online for two decades.",
      ror="https://ror.org/0176yqn58"),
    I("nairobi", "Kabete National Polytechnic", "KE", "Nairobi", "Africa/Nairobi", "https://kabetepolytechnic.ac.ke/",
      "kabetepolytechnic.ac.ke", ("en", "sw"), "Technical training in engineering, building, hospitality and computing.", kind="vet"),
    I("mombasa", "Kenya Coast National Polytechnic", "KE", "Mombasa", "Africa/Nairobi", "https://www.kenyacoastpoly.ac.ke/",
      "kenyacoastpoly.ac.ke", ("en", "sw"), "Technical and maritime courses on the coast.", kind="vet"),
    I("capetown", "University of Cape Town", "ZA", "Cape Town", "Africa/Johannesburg", "https://www.uct.ac.za/", "uct.ac.za",
      ("en",), "Six faculties on the slopes of Table Mountain. Load shedding is planned for: all sessions are recorded.",
      ror="https://ror.org/03p74gp79"),
    I("northlink", "Northlink College", "ZA", "Cape Town", "Africa/Johannesburg", "https://www.northlink.co.za/",
      "northlink.co.za", ("en", "af"), "A public TVET college in the northern suburbs of Cape Town.", kind="vet"),
    I("accra", "University of Ghana", "GH", "Accra", "Africa/Accra", "https://www.ug.edu.gh/", "ug.edu.gh",
      ("en",), "Ghana's oldest university, at Legon.", ror="https://ror.org/01r22mr83"),
    I("kampala", "Makerere University", "UG", "Kampala", "Africa/Kampala", "https://www.mak.ac.ug/", "mak.ac.ug",
      ("en",), "Ten colleges; agriculture and public health work with partners on every continent.", ror="https://ror.org/03dmz0111"),
    I("rabat", "Université Mohammed V de Rabat", "MA", "Rabat", "Africa/Casablanca", "https://www.um5.ac.ma/", "um5.ac.ma",
      ("ar", "fr"), "Faculties of letters, law, sciences and medicine in Rabat and Salé.", ror="https://ror.org/00r8w8f84"),
    # Asia ------------------------------------------------------------------------------------------------------------
    I("pune", "Savitribai Phule Pune University", "IN", "Pune", "Asia/Kolkata", "https://www.unipune.ac.in/", "unipune.ac.in",
      ("en", "mr", "hi"), "A public university with several hundred affiliated colleges. The international centre helps departments to find partners.",
      ror="https://ror.org/044g6d731"),
    I("tokyo", "Sophia University", "JP", "Tokyo", "Asia/Tokyo", "https://www.sophia.ac.jp/", "sophia.ac.jp",
      ("ja", "en"), "A private university in Yotsuya with many courses in English and a habit of COIL.", ror="https://ror.org/01nckkm68"),
    I("kathmandu", "Kathmandu University", "NP", "Dhulikhel", "Asia/Kathmandu", "https://ku.edu.np/", "ku.edu.np",
      ("en", "ne"), "Science, engineering, medicine, arts and management in the hills east of the capital.", ror="https://ror.org/036xnae80"),
    I("singapore", "National University of Singapore", "SG", "Singapore", "Asia/Singapore", "https://www.nus.edu.sg/", "nus.edu.sg",
      ("en",), "Computing, design, medicine and the humanities at Kent Ridge.", ror="https://ror.org/01tgyzw49"),
    I("ite", "Institute of Technical Education", "SG", "Singapore", "Asia/Singapore", "https://www.ite.edu.sg/", "ite.edu.sg",
      ("en",), "Three colleges of career and technical education.", kind="vet"),
    I("bangkok", "Chulalongkorn University", "TH", "Bangkok", "Asia/Bangkok", "https://www.chula.ac.th/", "chula.ac.th",
      ("th", "en"), "Thailand's oldest university.", ror="https://ror.org/028wp3y58"),
    I("manila", "University of the Philippines Diliman", "PH", "Quezon City", "Asia/Manila", "https://upd.edu.ph/", "upd.edu.ph",
      ("en", "fil"), "The flagship campus of the national university.", ror="https://ror.org/03tbh6y23"),
    I("seoul", "Yonsei University", "KR", "Seoul", "Asia/Seoul", "https://www.yonsei.ac.kr/", "yonsei.ac.kr",
      ("ko", "en"), "A private university in Sinchon with an international college at Songdo.", ror="https://ror.org/01wjejq96"),
    I("jakarta", "Universitas Indonesia", "ID", "Depok", "Asia/Jakarta", "https://www.ui.ac.id/", "ui.ac.id",
      ("id", "en"), "Fourteen faculties between Jakarta and Depok.", ror="https://ror.org/0116zj450"),
    I("beirut", "American University of Beirut", "LB", "Beirut", "Asia/Beirut", "https://www.aub.edu.lb/", "aub.edu.lb",
      ("en", "ar"), "Medicine, engineering, agriculture and the arts on the headland of Ras Beirut.", ror="https://ror.org/04pznsd21"),
    I("istanbul", "Boğaziçi University", "TR", "Istanbul", "Europe/Istanbul", "https://bogazici.edu.tr/", "bogazici.edu.tr",
      ("tr", "en"), "Teaching in English above the Bosphorus.", erasmus_code="TR ISTANBU01", ror="https://ror.org/03z9tma90",
      domains=("bogazici.edu.tr", "boun.edu.tr")),
    I("astana", "Nazarbayev University", "KZ", "Astana", "Asia/Almaty", "https://nu.edu.kz/", "nu.edu.kz",
      ("en", "kk", "ru"), "A research university that teaches in English.", ror="https://ror.org/052bx8q98"),
    # North and Central America, Caribbean ----------------------------------------------------------------------------
    I("monterrey", "Tecnológico de Monterrey", "MX", "Monterrey", "America/Monterrey", "https://tec.mx/", "tec.mx",
      ("es", "en"), "Campuses all over Mexico; its Global Shared Learning programme pairs classes with classes abroad.",
      ror="https://ror.org/03ayjn504"),
    I("mexico", "Universidad Nacional Autónoma de México", "MX", "Mexico City", "America/Mexico_City", "https://www.unam.mx/", "unam.mx",
      ("es",), "The national university, with its main campus in the south of the city.", ror="https://ror.org/01tmp8f25"),
    I("vancouver", "University of British Columbia", "CA", "Vancouver", "America/Vancouver", "https://www.ubc.ca/", "ubc.ca",
      ("en",), "Campuses in Vancouver and the Okanagan.", ror="https://ror.org/03rmrcq20"),
    I("bowvalley", "Bow Valley College", "CA", "Calgary", "America/Edmonton", "https://bowvalleycollege.ca/", "bowvalleycollege.ca",
      ("en",), "A public college for careers in health, business, technology and community work.", kind="vet"),
    I("buffalo", "University at Buffalo", "US", "Buffalo", "America/New_York", "https://www.buffalo.edu/", "buffalo.edu",
      ("en",), "A campus of the State University of New York, where the word COIL was coined.", ror="https://ror.org/01y64my43"),
    I("kingston", "The University of the West Indies, Mona", "JM", "Kingston", "America/Jamaica", "https://www.mona.uwi.edu/", "uwimona.edu.jm",
      ("en",), "The oldest campus of a university that many islands share.", ror="https://ror.org/03fkc8c64"),
    I("hawaii", "University of Hawaiʻi at Mānoa", "US", "Honolulu", "Pacific/Honolulu", "https://manoa.hawaii.edu/", "hawaii.edu",
      ("en", "haw"), "Ocean science, Pacific languages and health between the mountains and Waikīkī.", ror="https://ror.org/01wspgy28"),
    # South America ---------------------------------------------------------------------------------------------------
    I("bogota", "Universidad de los Andes", "CO", "Bogotá", "America/Bogota", "https://uniandes.edu.co/", "uniandes.edu.co",
      ("es", "en"), "A private university at the foot of Monserrate.", ror="https://ror.org/02mhbdp94"),
    I("sena", "Servicio Nacional de Aprendizaje", "CO", "Bogotá", "America/Bogota", "https://www.sena.edu.co/", "sena.edu.co",
      ("es",), "Colombia's public service of vocational training, with centres in every department.", kind="vet"),
    I("saopaulo", "Universidade de São Paulo", "BR", "São Paulo", "America/Sao_Paulo", "https://www5.usp.br/", "usp.br",
      ("pt", "en"), "Eight campuses in the state of São Paulo.", ror="https://ror.org/036rp1748"),
    I("senai", "SENAI São Paulo", "BR", "São Paulo", "America/Sao_Paulo", "https://sp.senai.br/", "sp.senai.br",
      ("pt",), "Schools of industrial training across the state.", kind="vet"),
    I("buenosaires", "Universidad de Buenos Aires", "AR", "Buenos Aires", "America/Argentina/Buenos_Aires", "https://www.uba.ar/", "uba.ar",
      ("es",), "Thirteen faculties; open to everybody who finishes school.", ror="https://ror.org/0081fs513"),
    # Oceania ---------------------------------------------------------------------------------------------------------
    I("auckland", "University of Auckland", "NZ", "Auckland", "Pacific/Auckland", "https://www.auckland.ac.nz/", "auckland.ac.nz",
      ("en", "mi"), "New Zealand's largest university. Terms run from late February to November.", ror="https://ror.org/03b94tp07"),
    I("brisbane", "TAFE Queensland", "AU", "Brisbane", "Australia/Brisbane", "https://tafeqld.edu.au/", "tafeqld.edu.au",
      ("en",), "Public vocational training at some fifty places in a state without daylight saving.", kind="vet"),
    I("suva", "University of the South Pacific", "FJ", "Suva", "Pacific/Fiji", "https://www.usp.ac.fj/", "usp.ac.fj",
      ("en", "fj"), "Owned by twelve island countries, and used to teaching across an ocean.", ror="https://ror.org/008stv805"),
)  # fmt: skip

BY_KEY = {institution.key: institution for institution in INSTITUTIONS}

# Registered, and not vetted yet.
PENDING = ("buenosaires",)
