"""Where the demo's shoppers live: names, streets and places of each country, and the currency they pay in.

A place is a town with its postcode and, where its country's addresses need one, its state; in a postcode `#` stands for
a digit and `?` for a letter.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Country:
    """A country shoppers come from; `share` weighs how many of them, `door` writes a street with its number."""

    code: str
    currency: str
    share: int
    door: str
    first_names: tuple[str, ...]
    last_names: tuple[str, ...]
    streets: tuple[str, ...]
    places: tuple[tuple[str, ...], ...]


COUNTRIES = (
    Country(
        "GB", "GBP", 44, "{number} {street}",
        ("Amelia", "Ben", "Callum", "Daisy", "Esther", "Freddie", "Grace", "Harriet", "Imran", "Joyce", "Kwame",
         "Leila", "Martin", "Nadia", "Owen", "Priya", "Rhys", "Sophie", "Theo", "Winifred"),
        ("Abbott", "Bennett", "Chaudhry", "Davies", "Ellison", "Fraser", "Greenwood", "Hughes", "Iqbal", "Kelly",
         "Lockwood", "Mensah", "Norris", "Okafor", "Patel", "Rowe", "Sinclair", "Thornton", "Whitaker", "Young"),
        ("Albert Road", "Bridge Street", "Church Lane", "Grove Terrace", "High Street", "Mill Lane", "Orchard Way",
         "Station Road", "Victoria Crescent"),
        (("Bristol", "BS6 #??"), ("Leeds", "LS8 #??"), ("London", "SE15 #??"), ("London", "N16 #??"),
         ("Manchester", "M20 #??"), ("Norwich", "NR2 #??"), ("Edinburgh", "EH6 #??"), ("Cardiff", "CF11 #??")),
    ),
    Country(
        "IE", "EUR", 9, "{number} {street}",
        ("Aoife", "Cian", "Ciara", "Eoin", "Niamh", "Oisín", "Róisín", "Seán"),
        ("Byrne", "Doyle", "Fitzgerald", "Gallagher", "Kavanagh", "Murphy", "Nolan", "O'Brien"),
        ("Chapel Street", "Grattan Road", "Harbour View", "Marlborough Road", "Parnell Street"),
        (("Dublin", "D08 ?#?#"), ("Cork", "T12 ?#?#"), ("Galway", "H91 ?#?#"), ("Limerick", "V94 ?#?#")),
    ),
    Country(
        "DE", "EUR", 14, "{street} {number}",
        ("Anke", "Björn", "Elif", "Franziska", "Jürgen", "Katharina", "Lukas", "Matthias", "Nele", "Tobias"),
        ("Becker", "Fischer", "Großmann", "Hoffmann", "Krüger", "Lehmann", "Neumann", "Schäfer", "Vogt", "Yildiz"),
        ("Ahornweg", "Bahnhofstraße", "Goethestraße", "Kastanienallee", "Lindenstraße", "Schillerplatz"),
        (("Berlin", "1043#"), ("Hamburg", "2276#"), ("Leipzig", "0422#"), ("Köln", "5067#"), ("Freiburg", "7910#")),
    ),
    Country(
        "FR", "EUR", 10, "{number} {street}",
        ("Amandine", "Baptiste", "Chloé", "Étienne", "Fatou", "Hélène", "Julien", "Mathilde", "Rémi"),
        ("Bernard", "Delacroix", "Dubois", "Fontaine", "Lefèvre", "Moreau", "Petit", "Rousseau", "Traoré"),
        ("avenue Jean Jaurès", "place du Marché", "rue des Lilas", "rue Pasteur", "rue Victor Hugo"),
        (("Paris", "7501#"), ("Lyon", "6900#"), ("Nantes", "44000"), ("Lille", "59000"), ("Bordeaux", "33000")),
    ),
    Country(
        "NL", "EUR", 9, "{street} {number}",
        ("Anouk", "Bram", "Daan", "Fleur", "Jeroen", "Lotte", "Maud", "Sjoerd"),
        ("Bakker", "de Vries", "van Dijk", "Hendriks", "Jansen", "Meijer", "Visser", "Willems"),
        ("Dorpsstraat", "Kerkstraat", "Molenweg", "Prinsengracht", "Wilhelminalaan"),
        (("Amsterdam", "1016 ??"), ("Utrecht", "3512 ??"), ("Rotterdam", "3024 ??"), ("Groningen", "9712 ??")),
    ),
    Country(
        "ES", "EUR", 5, "{street} {number}",
        ("Álvaro", "Carmen", "Inés", "Javier", "Lucía", "Nuria"),
        ("Castro", "Fernández", "Ibáñez", "Molina", "Muñoz", "Serrano"),
        ("Calle Mayor", "Calle del Olivo", "Avenida de la Constitución", "Paseo del Prado"),
        (("Madrid", "2801#", "Madrid"), ("Valencia", "4600#", "Valencia"), ("Sevilla", "4100#", "Sevilla"),
         ("Bilbao", "4800#", "Bizkaia")),
    ),
    Country(
        "US", "USD", 6, "{number}0 {street}",
        ("Alicia", "Caleb", "Denise", "Jamal", "Megan", "Tyler"),
        ("Brooks", "Coleman", "Hernandez", "Larson", "Nguyen", "Sullivan"),
        ("Elm Street", "Hawthorne Boulevard", "Lake Avenue", "Maple Drive", "Prospect Street"),
        (("Portland", "9721#", "OR"), ("Brooklyn", "1121#", "NY"), ("Madison", "5370#", "WI"),
         ("Austin", "7870#", "TX")),
    ),
    Country(
        "JP", "JPY", 3, "{number}-{street}",
        ("Haruka", "Kenji", "Mei", "Naoki", "Sakura", "Takumi"),
        ("Fujimoto", "Hayashi", "Kobayashi", "Nakamura", "Tanaka", "Yamada"),
        ("4 Jingumae", "2 Ebisu", "7 Nakazakicho", "12 Gokomachi"),
        (("Shibuya", "150-000#", "Tokyo"), ("Osaka", "530-001#", "Osaka"), ("Kyoto", "604-809#", "Kyoto"),
         ("Kanazawa", "920-090#", "Ishikawa")),
    ),
)  # fmt: skip
