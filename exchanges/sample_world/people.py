# ruff: noqa: E501 (a table of names reads better in long lines)
"""PURE: names for people who don't exist, in the fashion of their countries; and the cast, who have names of their own.

All addresses are under reserved example domains (RFC 2606).
"""

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

PASSWORD = "vmobility-demo"  # noqa: S105 (for trying the platform on one's own machine)


@dataclass(frozen=True)
class CastMember:
    key: str
    name: str
    institution: str | None
    role: str | None

    @property
    def email(self) -> str:
        return f"{self.key}@{self.institution or 'vmobility'}.example"


CAST: tuple[CastMember, ...] = (
    CastMember("asha", "Asha Kulkarni", "pune", "coordinator"),
    CastMember("ishaan", "Ishaan Deshpande", "pune", "admin"),
    CastMember("farah", "Farah Shaikh", "pune", "learner"),
    CastMember("bruno", "Bruno Carvalho", "lisbon", "coordinator"),
    CastMember("ines", "Ines Moreira", "lisbon", "admin"),
    CastMember("emil", "Emil Duarte", "lisbon", "learner"),
    CastMember("chie", "Chie Tanaka", "tokyo", "coordinator"),
    CastMember("dina", "Dina Farouk", "cairo", "learner"),
    CastMember("grace", "Grace Wanjiku", "nairobi", "learner"),
    CastMember("root", "Root", None, None),
)

# Country: given names and family names, or whole names alone.
NAMES: dict[str, tuple[str, str]] = {
    "PT": ("Mariana Tomás Leonor Duarte Beatriz Gonçalo Carolina Afonso Matilde Rodrigo Teresa Vasco Joana Simão", "Almeida Brito Coelho Freitas Lobo Nogueira Pacheco Queirós Rocha Seixas Teles Valente"),
    "FI": ("Aino Eetu Helmi Onni Venla Joonas Ilona Aleksi Siiri Mikko Tuuli Oskari", "Heikkinen Järvinen Kallio Lehtonen Mäkelä Nieminen Peltola Rantanen Salo Virtala"),
    "ES": ("Lucía Álvaro Marta Hugo Irene Pablo Nerea Adrián Elena Sergio Rocío Javier", "Alarcón Bravo Cano Delgado Espejo Fuentes Gallego Herrero Ibáñez Lozano Moya Serrano"),
    "DE": ("Friederike Jonas Annika Malte Svenja Henrik", "Albrecht Brandt Dietrich Ehlers Fiedler Krüger"),
    "BE": ("Lotte Wout Femke Jasper", "Claes De_Smet Goossens Peeters"),
    "CZ": ("", "Tereza Benešová, Ondřej Doležal, Klára Horáková, Vojtěch Kolář, Barbora Marková, Matěj Pokorný, Adéla Růžičková, Štěpán Vlček, Eliška Sedláčková, Jan Urbánek, Lucie Tichá, Filip Zeman"),
    "IT": ("Giulia Matteo Chiara Lorenzo Elisa Davide Irene Pietro Silvia Nicolò", "Amadori Bellini Conti Donati Fabbri Gentile Lombardi Morandi Rinaldi Sartori"),
    "PL": ("Zofia Jakub Hanna Szymon Maja Tomasz", "Dudek Kubiak Mazur Pawlak Wrona Zieliniak"),
    "EE": ("Liis Rasmus Kadri Madis", "Kask Lepik Mägi Tamm"),
    "SI": ("Nika Luka Tjaša Matic", "Hribar Kovačič Potočnik Zupan"),
    "IE": ("Aoife Cian Niamh Oisín", "Brennan Doyle Kavanagh Quinn"),
    "GB": ("Imogen Callum Priya Rhys Amara Fergus Leila Owen", "Ashworth Baxter Chaudhry Drummond Fairley Marsh Okafor Whitlock"),
    "NO": ("Ingrid Sindre Solveig Eirik Marte Håkon Sunniva Torbjørn", "Aasen Bakke Dahl Fjeld Haugen Lien Nygård Strand"),
    "NL": ("Fleur Daan Sanne Bram Iris Jelle Noor Sem", "Bakker Dekker Hoekstra Kuipers Meijer Postma Smit Verhoeven"),
    "EG": ("Salma Karim Nour Youssef Habiba Tarek Mariam Omar Yasmine Hassan Malak Ziad", "Abdelhamid Barakat Darwish Ezzat Fahmy Gaber Hegazy Ismail Mansour Nassar Sabry Zaki"),
    "KE": ("Achieng Brian Chebet Daudi Esther Fatuma Kamau Lilian Moses Naliaka Otieno Purity Wafula Zawadi", "Barasa Cheruiyot Kariuki Kiprono Maina Mutua Njeri Odhiambo Omondi Wambui"),
    "ZA": ("Thandi Sipho Anika Lwazi Nomsa Ruan Zanele Tebogo Lerato Imraan Palesa Gideon", "Botha Dlamini Fortuin Jacobs Khumalo Mokoena Naidoo Petersen Sithole Zulu"),
    "GH": ("Abena Kofi Esi Kwame Akosua Yaw Adwoa Kojo", "Amankwah Boateng Darko Frimpong Mensah Nkrumah-Osei Quaye Tetteh"),
    "UG": ("Nakato Okello Babirye Ssali Apio Mugisha Nantongo Tumusiime", "Akello Byaruhanga Kato Lubega Nabirye Opio Ssebunya Wasswa"),
    "MA": ("Imane Anass Khadija Mehdi Salwa Younes Zineb Ilyas", "Alaoui-Bennis Benjelloun Chraibi El-Fassi Idrissi Lahlou Naciri Tazi"),
    "IN": ("Aditi Rohan Sneha Kabir Meera Nikhil Tanvi Yash Pooja Omkar Isha Varun Zoya Siddharth", "Bhosale Chavan Gokhale Inamdar Joshi Kamble Limaye More Naik Patil Rane Sawant Thorat"),
    "JP": ("Haruka Ren Misaki Sota Yui Kaito Nanami Takumi Rin Daichi Mei Yuto", "Arai Endo Fujimoto Hoshino Ishida Kimura Matsuda Nakano Okada Shimizu"),
    "NP": ("Anjali Bibek Sabina Prakash Sushma Nabin Rachana Dipesh Asmita Kiran", "Adhikari Basnet Gurung Karki Maharjan Rai Shrestha Tamang"),
    "SG": ("", "Tan Hui Wen, Lim Jun Hao, Nurul Aisyah binte Rahman, Arjun Menon, Goh Xin Yi, Koh Wei Jie, Siti Amirah binte Yusof, Kavya Pillai, Ong Zhi Ying, Marcus Sim, Farhan bin Ismail, Devan Nair, Yeo Kai Lin, Ang Rui En, Chia Min Hui, Teo Jia Hui, Haziq bin Salleh, Priya Rajan, Lee Zheng Yu, Tay Shi Min, Wong Kah Mun, Chua Yong Sheng, Nadia binte Osman, Foo Xuan Ling, Aidil bin Hassan, Sanjana Krishnan, Ng Pei Shan, Lau Wen Hao, Balqis binte Ramli, Vikram Subramaniam, Chong Yu Xuan, Low Jing Wen, Hafiz bin Omar, Toh Mei Fang, Kumaran Rajoo, Seah Yi Ting"),
    "TH": ("Ploy Natthapong Kanya Somchai", "Chaiyasit Intharat Phromsri Wattana"),
    "PH": ("Althea Miguel Bea Rafael Kristine Paolo Jasmine Emilio", "Bautista Cruz Dimaculangan Enriquez Manalo Ocampo Salonga Villanueva"),
    "KR": ("Seo-yeon Min-jun Ha-eun Ji-ho", "Baek Cho Kang Yoon"),
    "ID": ("Ayu Bagus Citra Dimas", "Hartono Kusuma Prasetyo Wijaya"),
    "LB": ("Rima Karim Lara Fadi", "Azar Daher Khoury Saab"),
    "TR": ("Elif Emre Zeynep Burak", "Aksoy Demirci Koç Yıldız"),
    "KZ": ("", "Aigerim Akhmetova, Daniyar Bekov, Madina Sadykova, Timur Ospanov"),
    "MX": ("Ximena Emiliano Regina Leonardo", "Cárdenas Fierro Montaño Zavala"),
    "CA": ("Maya Liam Chloé Arjun", "Bouchard Campbell Singh-Hill Tremblay"),
    "US": ("Kailani Noah Leilani Makoa Grace Ikaika Emma Keoni Malia Ethan Nalani Jordan", "Akana Bennett Carter Kahale Kealoha Lum Nakamura-Reed Palakiko Santos Yamada-Cole"),
    "JM": ("Shanice Dwayne Kerry-Ann Omari", "Beckford Gayle Hylton Reid"),
    "CO": ("Valentina Santiago Mariana Nicolás", "Acosta Cifuentes Londoño Pinzón"),
    "BR": ("Larissa Thiago Camila Vinícius", "Andrade Barbosa Fontes Teixeira"),
    "AR": ("Florencia Joaquín Agustina Bautista", "Acuña Ledesma Ojeda Villalba"),
    "NZ": ("Aroha Finn Maia Nikau Isla Tane Charlotte Wiremu Holly Rangi", "Barrett Cowan Fraser Henare Ngata Parata Sutherland Tamihana"),
    "AU": ("Tahlia Lachlan Kirra Banjo Sienna Angus", "Coleman Doherty Fenech Nguyen-Hart Rigby Watts"),
    "FJ": ("Litia Sairusi Ana Waisale", "Delai Naivalu Tuilagi Vakacegu"),
}  # fmt: skip


def names(country: str) -> Iterator[str]:
    """Different names of a country, always in the same order.

    Where any given name goes with any family name, two lists are crossed; elsewhere whole names are listed.
    """
    given_text, family_text = NAMES[country]
    if not given_text:
        yield from family_text.split(", ")
        return
    given, family = given_text.split(), [name.replace("_", " ") for name in family_text.split()]
    for turn in range(len(family)):
        for place, name in enumerate(given):
            yield f"{name} {family[(place * 7 + turn) % len(family)]}"


def mail_name(name: str) -> str:
    """A name as the first part of an address: "Tomás Brito" becomes "tomas.brito"."""
    special = str.maketrans({"ø": "o", "Ø": "O", "ł": "l", "ı": "i", "ß": "ss", "ʻ": None, " ": ".", "'": None})
    text = unicodedata.normalize("NFKD", name.translate(special))
    return "".join(letter for letter in text if letter.isascii()).lower()
