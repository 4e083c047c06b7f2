"""What is on in the demo world: shops, houses, and the words about each event. Everybody here is invented."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from marketplace.catalog.views import Genre, Place, Policy
from marketplace.lab import halls


@dataclass(frozen=True, slots=True)
class Shop:
    """Who sells: the person's name and address, and what the shop says about itself."""

    key: str
    name: str
    about: str
    person: str
    email: str


@dataclass(frozen=True, slots=True)
class House:
    """Where it is, and how it is seated."""

    place: Place
    hall: Callable[[str], halls.Document]
    hall_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Show:
    """One event. `in_days` from today at `at` o'clock (local, hh:mm); prices in minor units; `sold` is a share.

    `in_minutes` from now takes the place of both, in a house that never closes: something is on today whenever one looks.
    `is_cancelled` after being published; a sale that begins `sale_in_days` from today is not open yet.
    """

    title: str
    genre: Genre
    shop: str
    house: str
    in_days: int
    at: str
    minutes: int
    currency: str
    prices: Mapping[str, int]
    story: str
    sold: float = 0.0
    policy: Policy = Policy.MODERATE
    max_per_buyer: int = 8
    no_single_seats: bool = False
    sale_in_days: int | None = None
    in_minutes: int | None = None
    is_cancelled: bool = False
    is_draft: bool = False

    @property
    def text(self) -> str:
        """The story with one line per paragraph and an empty one between them."""
        return "\n\n".join(" ".join(paragraph.split()) for paragraph in self.story.split("\n\n"))


SHOPS = (
    Shop(
        "alcyon", "Teatro Alcyon",
        "A repertory house on the Tagus since 1911: drama, opera, dance, a company of forty, one old chandelier.",
        "Mira Duarte", "mira@holdfast.example",
    ),
    Shop(
        "northgate", "Northgate Live",
        "Big nights in big rooms. We look after everybody in the Northgate Arena, from row one to the last tram.",
        "Jonas Whitlock", "jonas@holdfast.example",
    ),
    Shop(
        "wayfarer", "Wayfarer Coaches",
        "Small coaches to large views. We pack the picnic, our drivers know the detours, and you are home by bedtime.",
        "Clara Hofstetter", "clara@holdfast.example",
    ),
    Shop(
        "cellar", "Cellar Nine",
        "Ninety-six chairs, twenty-four stools and one piano under a bicycle shop in Kreuzberg. Two sets a night.",
        "Idris Okafor", "idris@holdfast.example",
    ),
    Shop(
        "lumen", "Kino Lumen",
        "A single screen from 1928 with a curtain that still opens by hand. Film as it was meant to be seen: together.",
        "Tereza Vlková", "tereza@holdfast.example",
    ),
    Shop(
        "curious", "The Curious Society",
        "Evening talks for people who ask one question too many, in the old anatomy theatre on Surgeons' Row.",
        "Fergus Baird", "fergus@holdfast.example",
    ),
)  # fmt: skip

HOUSES = {
    "alcyon": House(
        Place(name="Teatro Alcyon", address="Rua do Arsenal 84", city="Lisbon", country="PT", zone="Europe/Lisbon",
              latitude=38.7081, longitude=-9.1413),
        halls.theatre, "Teatro Alcyon, great house",
    ),
    "studio": House(
        Place(name="Alcyon Studio", address="Travessa do Cotovelo 6", city="Lisbon", country="PT", zone="Europe/Lisbon",
              latitude=38.7069, longitude=-9.1436),
        halls.playhouse, "Alcyon Studio",
    ),
    "northgate": House(
        Place(name="Northgate Arena", address="1 Foundry Square", city="Manchester", country="GB", zone="Europe/London",
              latitude=53.4881, longitude=-2.2006),
        halls.arena, "Northgate Arena, end stage",
    ),
    "assembly": House(
        Place(name="Northgate Assembly", address="22 Canal Street", city="Manchester", country="GB",
              zone="Europe/London", latitude=53.4777, longitude=-2.2351),
        halls.playhouse, "Northgate Assembly",
    ),
    "coach": House(
        Place(name="Wayfarer stop, Südtiroler Platz", address="Wiedner Gürtel 2", city="Vienna", country="AT",
              zone="Europe/Vienna", latitude=48.1850, longitude=16.3747),
        halls.coach, "Wayfarer coach, 53 seats",
    ),
    "coach-zurich": House(
        Place(name="Wayfarer stop, Sihlquai", address="Ausstellungsstrasse 15", city="Zürich", country="CH",
              zone="Europe/Zurich", latitude=47.3815, longitude=8.5375),
        halls.coach, "Wayfarer coach, 53 seats",
    ),
    "cellar": House(
        Place(name="Cellar Nine", address="Oranienstraße 109", city="Berlin", country="DE", zone="Europe/Berlin",
              latitude=52.5032, longitude=13.4078),
        halls.jazz_club, "Cellar Nine",
    ),
    "lumen": House(
        Place(name="Kino Lumen", address="Vodičkova 31", city="Prague", country="CZ", zone="Europe/Prague",
              latitude=50.0815, longitude=14.4250),
        halls.cinema, "Lumen, screen one",
    ),
    "curious": House(
        Place(name="Old Anatomy Theatre", address="14 Surgeons' Row", city="Edinburgh", country="GB",
              zone="Europe/London", latitude=55.9469, longitude=-3.1857),
        halls.lecture_hall, "Old Anatomy Theatre",
    ),
}  # fmt: skip

_ALCYON = {
    "Premium": 6800, "Stalls": 4900, "Circle front": 5400, "Circle": 3600, "Restricted view": 1800, "Box": 7500,
}  # fmt: skip
_STUDIO = {"Premium": 3400, "Stalls": 2600, "Circle front": 2800, "Circle": 1900, "Restricted view": 1200}
_ARENA = {"Floor standing": 6500, "Lower side": 8900, "Lower end": 7400, "Upper side": 5200, "Upper end": 4400}
_ASSEMBLY = {"Premium": 2900, "Stalls": 2400, "Circle front": 2500, "Circle": 1900, "Restricted view": 1300}
_CELLAR = {"Stage-side table": 3200, "Table": 2400, "Bar stool": 1500}
_LUMEN = {"Front": 18000, "Standard": 22000, "Recliner": 32000}
_CURIOUS = {"Ring": 1400, "Gallery": 900}
_COACH = {"Panorama": 7900, "Standard": 6400, "Back bench": 5200}


def _by(prices: Mapping[str, int], percent: int) -> Mapping[str, int]:
    """Prices scaled and rounded to a half of the currency's unit."""
    return {category: round(minor * percent / 100 / 50) * 50 for category, minor in prices.items()}


PROGRAMME = (
    Show(
        title="The Tempest",
        genre=Genre.THEATRE,
        shop="alcyon",
        house="alcyon",
        in_days=12,
        at="20:00",
        minutes=165,
        currency="EUR",
        prices=_ALCYON,
        sold=0.46,
        no_single_seats=True,
        story="""
            An island, a debt, and a storm that was promised to somebody. Beatriz Salgado stages Shakespeare's
            last great play as a reckoning among people who have run out of places to hide: the sea is real
            water, the magic is done in full view, and nobody leaves the stage until they have been forgiven.

            Álvaro Pimentel returns to the house after nine years to play Prospero, with Inês Caldeira as an
            Ariel who has plainly started to count the hours. The score for six cellos is by Tomás Roriz and is
            played from the circle.

            In English with Portuguese surtitles. One interval. The first three rows may get a little wet;
            towels are provided.
        """,
    ),
    Show(
        title="Nova Marsh: Signal Fires",
        genre=Genre.MUSIC,
        shop="northgate",
        house="northgate",
        in_days=33,
        at="19:30",
        minutes=150,
        currency="GBP",
        prices=_ARENA,
        sold=0.58,
        max_per_buyer=6,
        policy=Policy.STRICT,
        story="""
            Four years after the record that everybody's older sister lent them, Nova Marsh comes back with a
            brass section, a string quartet and a set list that the band votes on at the sound check. Signal
            Fires is loud where it should be and very quiet in one place that you will know when you hear it.

            Northgate is the only northern date of the tour. The floor is standing; both tiers are reserved
            seats, and the stage is at the east end, so nobody sits behind it.

            Doors at six. Support from Pale Harbour, who you will be telling people you saw first.
        """,
    ),
    Show(
        title="Dawn Coach to the Wachau",
        genre=Genre.TRAVEL,
        shop="wayfarer",
        house="coach",
        in_days=9,
        at="06:30",
        minutes=780,
        currency="EUR",
        prices=_COACH,
        sold=0.55,
        max_per_buyer=5,
        story="""
            The Danube is at its best before anybody has had breakfast. We leave Vienna while the city is still
            asleep, stop for coffee and Marillenknödel in Spitz, and walk the old towpath to Weißenkirchen with
            a grower whose family has pruned these terraces for two hundred years.

            The afternoon is yours: the ferry, the ruin above Dürnstein, or a bench and a glass of something
            cold. We are back at Südtiroler Platz in time for dinner.

            The coach has a toilet, sockets at every seat and a driver called Poldi. Lunch is included; vegan on
            request.
        """,
    ),
    Show(
        title="La Traviata",
        genre=Genre.OPERA,
        shop="alcyon",
        house="alcyon",
        in_days=26,
        at="19:30",
        minutes=175,
        currency="EUR",
        prices=_by(_ALCYON, 150),
        sold=0.71,
        no_single_seats=True,
        story="""
            Verdi's most human opera in the production that made people queue around the block in the spring.
            Sofia Lindqvist sings Violetta as a woman who reads every room before she enters it; Marco Bellandi
            is an Alfredo who does not.

            Joana Ribeiro conducts the Alcyon orchestra from the critical edition, without the traditional cuts,
            so you will hear the second verses that most houses leave out. They change who you feel sorry for.

            Sung in Italian with Portuguese and English surtitles. Two intervals; the bar on the first floor
            takes orders beforehand.
        """,
    ),
    Show(
        title="Salt",
        genre=Genre.DANCE,
        shop="alcyon",
        house="studio",
        in_days=5,
        at="21:00",
        minutes=70,
        currency="EUR",
        prices=_STUDIO,
        sold=0.83,
        story="""
            Seven dancers, two tonnes of sea salt, and a floor that remembers every step. Choreographer Nuno
            Abrantes grew up among the salt pans of Aveiro; this is his first work about them, and it has been
            sold out in four countries.

            There is no story to follow and no interval. Sit in the circle if you like to see the drawing that
            the dancers leave behind, in the stalls if you would rather hear them breathe.
        """,
    ),
    Show(
        title="The Cherry Orchard",
        genre=Genre.THEATRE,
        shop="alcyon",
        house="studio",
        in_days=17,
        at="20:30",
        minutes=140,
        currency="EUR",
        prices=_by(_STUDIO, 110),
        sold=0.34,
        story="""
            A family that cannot do sums is about to lose the one thing it loves. Chekhov called it a comedy,
            his director called it a tragedy, and Rita Falcão's company has decided that they were both being
            polite.

            Played in the round of the studio with the audience as the orchard: if someone leans on your armrest
            and sighs, they are in character. With Graça Monteiro as Ranevskaya and a samovar that works.
        """,
    ),
    Show(
        title="The Bear Who Lost Winter",
        genre=Genre.FAMILY,
        shop="alcyon",
        house="studio",
        in_days=8,
        at="11:00",
        minutes=55,
        currency="EUR",
        prices=_by(_STUDIO, 45),
        sold=0.62,
        policy=Policy.FLEXIBLE,
        max_per_buyer=10,
        story="""
            Bruno wakes up in January and cannot find winter anywhere. It is not under the bed. It is not in the
            fridge, although something else is. A puppet adventure for people from four years old and for
            everyone who brought them.

            Fifty-five minutes, one song that you will still be humming on Thursday, and snow at the end, real
            enough to catch. The relaxed performance on Sunday keeps the lights up and the doors open.
        """,
    ),
    Show(
        title="Gravity Lessons",
        genre=Genre.DANCE,
        shop="alcyon",
        house="alcyon",
        in_days=47,
        at="20:00",
        minutes=95,
        currency="EUR",
        prices=_by(_ALCYON, 80),
        sold=0.22,
        story="""
            What does a body know about falling that the mind does not? Twelve dancers and three acrobats of
            Compagnie Haute Marée spend an evening finding out, on a stage that tilts by one degree every four
            minutes.

            By the end it is a wall. How they come down from it is the best-kept secret of the season, and we
            would be grateful if you kept it, too.
        """,
    ),
    Show(
        title="Carmen, in Concert",
        genre=Genre.OPERA,
        shop="alcyon",
        house="alcyon",
        in_days=61,
        at="20:00",
        minutes=160,
        currency="EUR",
        prices=_by(_ALCYON, 120),
        sale_in_days=4,
        no_single_seats=True,
        story="""
            No mantillas, no donkeys, no bullring: only the score, a chorus of sixty on the stage itself, and
            four singers with nowhere to hide. Bizet's orchestra has rarely been heard this well in the house,
            because for once it is not in the pit.

            Yara Benítez makes her Lisbon debut in the title role. Sale opens to everybody at the same moment;
            you may take eight seats, and no seat may be left single.
        """,
    ),
    Show(
        title="Low Tide Radio",
        genre=Genre.MUSIC,
        shop="northgate",
        house="assembly",
        in_days=6,
        at="20:00",
        minutes=120,
        currency="GBP",
        prices=_by(_ASSEMBLY, 110),
        sold=1.0,
        max_per_buyer=4,
        story="""
            They recorded the album in a lighthouse with one microphone and it shows, gloriously. Low Tide Radio
            play all of Shipping Forecast from front to back, then whatever the room shouts for.

            Seated, all ages, and finished in time for the last train to Leeds. The band sell their own T-shirts
            and will sign anything that holds still.
        """,
    ),
    Show(
        title="City Indoor Athletics Gala",
        genre=Genre.SPORT,
        shop="northgate",
        house="northgate",
        in_days=52,
        at="14:00",
        minutes=240,
        currency="GBP",
        prices=_by(_ARENA, 45),
        sold=0.24,
        max_per_buyer=10,
        policy=Policy.FLEXIBLE,
        story="""
            Four hours, eleven finals and the fastest banked track in the country, laid in two nights by a crew
            of thirty. The women's 800 metres brings together all three medallists of last summer; the pole
            vault is in front of the lower tier, close enough to hear the pole.

            The floor is open for standing right beside the home straight. Under-twelves who can outrun our
            mascot over sixty metres get their money back, and every year one does.
        """,
    ),
    Show(
        title="Honestly, Nobody Asked",
        genre=Genre.COMEDY,
        shop="northgate",
        house="assembly",
        in_days=14,
        at="19:45",
        minutes=105,
        currency="GBP",
        prices=_ASSEMBLY,
        sold=0.49,
        story="""
            Priya Ramanathan gave up a steady job in insurance to tell strangers about it. Her new hour covers
            risk, mothers, the correct way to load a dishwasher and the afternoon on which she was, briefly and
            legally, a lighthouse.

            Winner of the award that comedians vote for themselves. Strong language, weak alibis. Latecomers
            will be greeted by name.
        """,
    ),
    Show(
        title="Harbour Sessions: Pale Harbour",
        genre=Genre.MUSIC,
        shop="northgate",
        house="assembly",
        in_days=40,
        at="20:00",
        minutes=110,
        currency="GBP",
        prices=_by(_ASSEMBLY, 80),
        sold=0.17,
        story="""
            Three voices, one harmonium and the kind of silence that makes people put their drinks down slowly.
            Pale Harbour play two unamplified sets in the Assembly, the first of them in the dark.

            The bar closes during the music. That is not a threat; it is the point.
        """,
    ),
    Show(
        title="Mahler 2: Resurrection",
        genre=Genre.CLASSICAL,
        shop="northgate",
        house="assembly",
        in_days=29,
        at="19:30",
        minutes=95,
        currency="GBP",
        prices=_by(_ASSEMBLY, 160),
        is_cancelled=True,
        sold=0.31,
        story="""
            Eighty minutes, two soloists, a choir that sits still for an hour and then takes the roof off. The
            Northern Civic Orchestra under Halina Wójcik plays Mahler's second symphony without an interval, as
            he wanted it.

            Offstage brass are placed in the foyer and on the stairs. If you pass a horn player on your way in,
            wish her luck.
        """,
    ),
    Show(
        title="Sunrise Coach to Lake Hallstatt",
        genre=Genre.TRAVEL,
        shop="wayfarer",
        house="coach",
        in_days=19,
        at="05:45",
        minutes=900,
        currency="EUR",
        prices=_by(_COACH, 115),
        sold=0.38,
        max_per_buyer=5,
        story="""
            By the time the day visitors arrive we have had the lake to ourselves for two hours. Breakfast on
            the boat, the salt mine's first tour, and a long lunch on the quiet side of the water, where the
            postcards are taken from.

            There is some walking, all of it optional and most of it flat. Bring a jacket: the mine is eight
            degrees all year, whatever the lake is doing.
        """,
    ),
    Show(
        title="The Slow Road to Bolzano",
        genre=Genre.TRAVEL,
        shop="wayfarer",
        house="coach-zurich",
        in_days=23,
        at="07:00",
        minutes=720,
        currency="CHF",
        prices={"Panorama": 11900, "Standard": 9800, "Back bench": 8400},
        sold=0.21,
        max_per_buyer=5,
        story="""
            There is a motorway. We do not take it. Over the Flüela and the Ofen pass, past the last Romansh-
            speaking bakery and down through the orchards of the Vinschgau: one hundred and ninety hairpins,
            four stops and a geologist with a microphone who knows when to leave it alone.

            One way. Your luggage goes to your hotel; you may go to the nearest glass of Lagrein.
        """,
    ),
    Show(
        title="Salzburg behind the Scenes",
        genre=Genre.TRAVEL,
        shop="wayfarer",
        house="coach",
        in_days=36,
        at="08:00",
        minutes=840,
        currency="EUR",
        prices=_by(_COACH, 90),
        sold=0.74,
        policy=Policy.FLEXIBLE,
        story="""
            A puppet workshop, an organ loft and the kitchen of a monastery that has baked the same loaf since
            1160: three doors that are usually shut, and the people who hold the keys. We park where the choirs
            rehearse and leave you alone with the old town from three o'clock until the bells.

            Back in Vienna by ten in the evening. The luggage hold has room for a cello; somebody always asks.
        """,
    ),
    Show(
        title="Late Set with the Okafor Trio",
        genre=Genre.JAZZ,
        shop="cellar",
        house="cellar",
        in_days=3,
        at="22:30",
        minutes=100,
        currency="EUR",
        prices=_CELLAR,
        sold=0.66,
        max_per_buyer=6,
        story="""
            The house trio, after everybody's other gig is over. Nothing is announced, nothing is written down,
            and in eleven years they have not played the same second set twice.

            Tables are for four; if you are two you may make friends. The kitchen sends out the last toast at
            midnight.
        """,
    ),
    *(
        Show(
            title=f"Round the Clock: {reel} Reel",
            genre=Genre.FILM,
            shop="lumen",
            house="lumen",
            in_days=0,
            at="00:00",
            in_minutes=minutes,
            minutes=70,
            currency="CZK",
            prices=_by(_LUMEN, 50),
            sold=share,
            policy=Policy.FLEXIBLE,
            story=f"""
                Once a year the Lumen stays open for a day and a night. This is the {reel.lower()} reel of silent
                shorts, with a tired and happy pianist; come as you are, in pyjamas if you must.

                Blankets may be borrowed at the till. Whoever falls asleep is not woken before the credits.
            """,
        )
        for reel, minutes, share in (("First", 12, 0.6), ("Second", 150, 0.35), ("Third", 300, 0.2))
    ),
    Show(
        title="Blue Hour: Yuki Tanabe",
        genre=Genre.JAZZ,
        shop="cellar",
        house="cellar",
        in_days=10,
        at="20:00",
        minutes=130,
        currency="EUR",
        prices=_by(_CELLAR, 130),
        sold=0.9,
        max_per_buyer=4,
        story="""
            Solo piano from the Sapporo player who learned Monk from worn-out cassettes and still leaves in the
            wow and flutter. Two sets with a pause to let the tuner have another look.

            Recorded for the radio, so please order during the applause. There will be enough of it.
        """,
    ),
    Show(
        title="Cellar Brass on a Sunday",
        genre=Genre.JAZZ,
        shop="cellar",
        house="cellar",
        in_days=22,
        at="15:00",
        minutes=120,
        currency="EUR",
        prices=_by(_CELLAR, 60),
        sold=0.29,
        policy=Policy.FLEXIBLE,
        story="""
            Nine horns, no microphones and cake. The afternoon when children are welcome at the front and
            dancing is permitted between tables seven and twelve.

            Bring an instrument if you own one: the last half hour belongs to whoever dares.
        """,
    ),
    Show(
        title="Metropolis with Live Orchestra",
        genre=Genre.FILM,
        shop="lumen",
        house="lumen",
        in_days=15,
        at="19:00",
        minutes=170,
        currency="CZK",
        prices=_by(_LUMEN, 220),
        sold=0.77,
        max_per_buyer=6,
        story="""
            The restored film of 1927, with twenty-two players squeezed between the screen and the front row.
            Ondřej Havel's new score keeps the machines in the percussion and gives the city a waltz.

            German intertitles with Czech and English subtitles. One interval, to oil the brass.
        """,
    ),
    Show(
        title="The Third Man, on 35 mm",
        genre=Genre.FILM,
        shop="lumen",
        house="lumen",
        in_days=4,
        at="20:30",
        minutes=115,
        currency="CZK",
        prices=_LUMEN,
        sold=0.35,
        policy=Policy.FLEXIBLE,
        story="""
            A print that has been through a few projectors and has stories of its own. The zither is louder than
            you remember and the shadows are longer.

            Introduced by the projectionist, who has seen it ninety times and will tell you where to look at
            minute sixty-four.
        """,
    ),
    Show(
        title="Shorts before Breakfast",
        genre=Genre.FILM,
        shop="lumen",
        house="lumen",
        in_days=20,
        at="09:30",
        minutes=90,
        currency="CZK",
        prices={"Front": 0, "Standard": 0, "Recliner": 9000},
        sold=0.41,
        policy=Policy.FLEXIBLE,
        story="""
            Eleven films by people who have never made one before, all under nine minutes. Standard seats are
            free; the recliners pay for the rolls.

            The makers sit in row C and would love to be asked about the sound.
        """,
    ),
    Show(
        title="How the Universe Learned to Count",
        genre=Genre.TALK,
        shop="curious",
        house="curious",
        in_days=7,
        at="19:00",
        minutes=80,
        currency="GBP",
        prices=_CURIOUS,
        sold=0.88,
        story="""
            Crows can do it, cicadas depend on it, and slime moulds get it right without a brain. Dr Morag
            Sinclair follows number sense down the tree of life and asks what, exactly, was there before we
            were.

            Forty-five minutes of talk, thirty-five of questions, and a demonstration with live bees (behind
            glass).
        """,
    ),
    Show(
        title="On Repair",
        genre=Genre.TALK,
        shop="curious",
        house="curious",
        in_days=21,
        at="19:00",
        minutes=80,
        currency="GBP",
        prices=_CURIOUS,
        sold=0.44,
        story="""
            A bookbinder, a heart surgeon and the man who keeps the one o'clock gun firing talk about mending:
            when to hide the join, when to show it, and how to know that a thing is finished.

            Bring something broken. Three volunteers will go home with it working.
        """,
    ),
    Show(
        title="A Short History of Wrong Maps",
        genre=Genre.TALK,
        shop="curious",
        house="curious",
        in_days=-4,
        at="19:00",
        minutes=80,
        currency="GBP",
        prices=_CURIOUS,
        sold=0.93,
        story="""
            Islands that were never there, a mountain range that lasted a century, and the surveyor who drew his
            sweetheart's name in the contour lines. Ailsa Munro opens the map drawers that the library does not
            usually open.

            With original sheets passed around the lower ring. Clean hands, please.
        """,
    ),
    Show(
        title="Bach by Candlelight",
        genre=Genre.CLASSICAL,
        shop="alcyon",
        house="studio",
        in_days=30,
        at="21:30",
        minutes=75,
        currency="EUR",
        prices=_by(_STUDIO, 120),
        sold=0.53,
        no_single_seats=True,
        story="""
            The six cello suites are too long for one night, so Leonor Vasques plays three of them and lets the
            audience choose which. Four hundred candles, no electric light, and a ban on watches that we enforce
            gently.

            Seventy-five minutes without an interval. Dress warmly; the fire officer insists on open doors.
        """,
    ),
    Show(
        title="The Understudies",
        genre=Genre.THEATRE,
        shop="alcyon",
        house="studio",
        in_days=75,
        at="20:30",
        minutes=110,
        currency="EUR",
        prices=_by(_STUDIO, 105),
        is_draft=True,
        story="""
            Two actors have learned every part in the building and played none of them. Tonight the flu goes
            round. A new comedy by Helena Prata about readiness, which is not the same as being ready.
        """,
    ),
)
