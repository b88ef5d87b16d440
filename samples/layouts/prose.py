"""Short sentences in eight languages, put together from their parts by chance."""

import itertools
import random
from dataclasses import dataclass


@dataclass(frozen=True)
class Phrases:
    """Parts of sentences: each subject fits each action, and each place.

    Attributes:
        question: Its answer is a number.
        compound: A word with a hyphen of its own, in its two parts; empty where a language has
            none, or never divides words.
    """

    subjects: tuple[str, ...]
    actions: tuple[str, ...]
    places: tuple[str, ...]
    question: str
    compound: tuple[str, str]


LANGUAGES = {
    "en": Phrases(
        ("The small otter", "The sleepy baker", "The brave snail", "The old gardener", "The twins"),
        ("once hid a golden button", "could hear music", "will never find the lantern"),
        ("under the wooden bridge", "behind the windmill", "in the tall grass", "before breakfast"),
        "How old is Anna?",
        ("well-", "known"),
    ),
    "de": Phrases(
        ("Der kleine Otter", "Die müde Bäckerin", "Das mutige Schaf", "Der alte Gärtner"),
        ("sucht einen goldenen Knopf", "hört leise Musik", "findet keine Laterne"),
        ("unter der Holzbrücke", "hinter der Windmühle", "im hohen Gras", "vor dem Frühstück"),
        "Wie alt ist Anna?",
        ("rot-", "weiße"),
    ),
    "fr": Phrases(
        ("Le petit hérisson", "La boulangère fatiguée", "Le vieux jardinier", "Une fille"),
        ("cherche un bouton doré", "écoute la musique", "retrouve enfin sa lanterne"),
        ("sous le pont de bois", "derrière le moulin", "dans les herbes hautes", "avant midi"),
        "Quel âge a donc Anna ?",
        ("peut-", "être"),
    ),
    "es": Phrases(
        ("El pequeño erizo", "La panadera cansada", "El viejo jardinero", "Una niña valiente"),
        ("busca un botón dorado", "escucha la música", "encuentra por fin su linterna"),
        ("bajo el puente de madera", "detrás del molino", "entre la hierba", "antes de cenar"),
        "¿Cuántos años tiene Anna?",
        ("franco-", "alemán"),
    ),
    "it": Phrases(
        ("Il piccolo riccio", "La fornaia stanca", "Il vecchio giardiniere", "Una bambina"),
        ("cerca un bottone dorato", "ascolta la musica", "ritrova la sua lanterna"),
        ("sotto il ponte di legno", "dietro il mulino", "tra le erbe alte", "prima di cena"),
        "Quanti anni ha Anna?",
        ("italo-", "francese"),
    ),
    "pt": Phrases(
        ("Um pequeno ouriço", "Uma padeira cansada", "Um velho jardineiro", "Uma menina"),
        ("procura um botão dourado", "escuta a música", "encontra enfim uma lanterna"),
        ("sob a ponte de madeira", "atrás do moinho", "no meio do capim", "antes do jantar"),
        "Quantos anos tem Anna?",
        ("guarda-", "chuva"),
    ),
    "ru": Phrases(
        ("Маленький ёжик", "Усталая пекарша", "Старый садовник", "Храбрая улитка"),
        ("ищет золотую пуговицу", "слушает тихую музыку", "находит потерянный фонарь"),
        ("под деревянным мостом", "за старой мельницей", "в высокой траве", "перед обедом"),
        "Сколько лет Ане?",
        ("кто-", "то"),
    ),
    "ar": Phrases(
        ("القنفذ الصغير", "الخباز المتعب", "البستاني العجوز", "الولد الشجاع"),
        ("يبحث عن زر ذهبي", "يسمع الموسيقى الهادئة", "يجد المصباح الضائع"),
        ("تحت الجسر الخشبي", "خلف الطاحونة القديمة", "بين الأعشاب العالية", "قبل الفطور"),
        "كم عمر آنا؟",
        ("", ""),
    ),
}


class Prose:
    """Sentences of one language; each one comes once."""

    def __init__(self, language: str, rng: random.Random) -> None:
        self.phrases = LANGUAGES[language]
        self._rng = rng
        every = list(
            itertools.product(self.phrases.subjects, self.phrases.actions, self.phrases.places)
        )
        rng.shuffle(every)
        self._unused = iter(every)

    def sentence(self) -> str:
        return " ".join(next(self._unused)) + self._rng.choice("...!")

    def paragraph(self, sentences: int) -> str:
        return " ".join(self.sentence() for _ in range(sentences))

    def paragraphs(self, number: int) -> list[str]:
        return [self.paragraph(self._rng.randint(1, 3)) for _ in range(number)]

    def name(self) -> str:
        """A few words without a full stop, as in a title."""
        return self._rng.choice(self.phrases.subjects)

    def verse(self) -> tuple[str, str]:
        """A long line of a poem, in two parts."""
        who, action, place = next(self._unused)
        return f"{who} {action}", place
