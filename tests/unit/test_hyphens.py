"""Words that are divided at the end of a row, in the eight languages; "/" is the end of the row."""

from typing import Final

import pytest

from chalicelib.pages import hyphens
from chalicelib.speech.voices import VOICES

JOINED: Final = {
    "en": "won-/derful adven-/ture sun-/shine butter-/fly rain-/bow gin-/gerbread scare-/crow "
    "lan-/tern whis-/pered car-/pet for-/get to-/day some-/thing bed-/time tip-/toed ham-/mock "
    "dragon-/fly moon-/light WON-/DERFUL glim-/mering grand-/mother straw-/berries mer-/maid "
    "re-/member un-/happy up-/stairs in-/side pa-/pa co-/coon half-/way wood-/pecker goose-/berry "
    "hedge-/hog pump-/kin be-/came king-/dom won¬/derful rab\u00ad/bit be\u2010/hind friend-/ship "
    "Grand-/father fox-/glove twin-/kled under-/neath every-/where with-/out self-/ish "
    "Well-/ington",
    "de": "wun-/derbar Aben-/teuer Schmet-/terling Baum-/haus Haus-/tür Regen-/bogen "
    "Groß-/mutter Erd-/beere Kinder-/garten spa-/zieren ver-/gessen zu-/rück Mari-/enkäfer "
    "Wasch-/bär Zwerg-/hase Vogel-/nest plötz-/lich Gar-/ten ma-/chen Schlaf-/anzug "
    "Pfann-/kuchen Stern-/schnuppe Löwen-/zahn WUN-/DERBAR Stra-/ße Eich-/hörnchen "
    "vier-/zehn Ka¬/ter Bä\u00ad/ren fünf-/undzwanzig Ku-/ckuck Ma-/ma ge-/gessen Schnee-/mann",
    "fr": "mer-/veilleux aven-/ture papil-/lon prin-/cesse gre-/nouille champi-/gnon bon-/jour "
    "long-/temps tou-/jours aujour-/d'hui fantô-/me para-/pluie bon-/homme mal-/heureux "
    "gentil-/homme cou-/leur mai-/son che-/val quel-/le par-/ce vil-/le con-/te sou-/ris "
    "cha-/peau MER-/VEILLEUX sor-/cière pou-/voir bon-/bon bon¬/heur mou\u00ad/ton é-/toile "
    "main-/tenant bien-/tôt pour-/quoi por-/te por-/tait gar-/çon tour-/ne lui-/sait",
    "it": "mera-/viglioso avven-/tura far-/falla arco-/baleno principes-/sa giar-/dino "
    "cap-/pello gat-/tino pas-/seggiata bam-/bina ra-/nocchio scoiat-/tolo cam-/pagna "
    "capo-/lavoro sotto-/terra porta-/fortuna buon-/giorno mez-/zanotte nascon-/diglio "
    "MERAVI-/GLIA al-/l'improvviso dell'al-/bero so-/no mam-/ma fi¬/nestra for\u00ad/maggio "
    "papa-/gallo ven-/tuno canta-/storie gira-/sole pesce-/cane coc-/cinella pian-/gere",
    "pt": "maravi-/lhoso aven-/tura borbo-/leta prin-/cesa passa-/rinho gira-/ssol "
    "cogu-/melo cami-/nho mu-/lher cora-/ção fa-/se to-/me pas-/se fos-/se me-/nos peque-/nos "
    "ca-/sa pa-/lhaço tarta-/ruga coe-/lho dor-/mir ja-/nela ama-/nhecer planta-/ção "
    "MARAVI-/LHA es-/trela pa-/pagaio pas-/satempo ba¬/leia cho\u00ad/colate malme-/quer "
    "ver-/melho pon-/tapé gos-/tava cha-/me tos-/se",
    "es": "maravi-/lloso aven-/tura mari-/posa prin-/cesa para-/guas arco-/íris "
    "medio-/día saca-/corchos abre-/latas porta-/les rana-/cuajo cara-/col estre-/llas "
    "can-/ción ele-/fante dijé-/ronle mira-/ron mamá-/tica telara-/ña tam-/bién "
    "MARAVI-/LLA gira-/sol ferro-/carril ma-/má pe-/lirrojo cum-/pleaños bos¬/que co\u00ad/nejo "
    "cangre-/jo dor-/milón sobre-/mesa calla-/dito rompe-/cabezas so-/ñar anglo-/sajón "
    "greco-/latino tic-/tac zig-/zag socio-/económico afro-/cubano",
    "ru": "чудес-/ный приклю-/чение бабоч-/ка принцес-/са подснеж-/ник ра-/дуга мед-/ведь "
    "под-/бежал само-/лёт снего-/вик паро-/воз де-/вочка ба-/бушка по-/шёл кош-/ка "
    "колоколь-/чик во-/робей ста-/рушка ЧУДЕС-/НЫЙ ма-/ма па-/па луко-/морье потихонь-/ку "
    "за-/метил из-/бушка кар-/тошка сол¬/нышко зай\u00ad/чик мото-/цикл одуван-/чик "
    "по-/тому что-/бы кото-/рый",
    "ar": "مدر¬/سة الأر¬/نب جم¬/يلة السل¬/حفاة الفرا¬/شة العص¬/فور الشج¬/رة الأم¬/يرة "
    "حد\u00ad/يقة القم\u00ad/ر الغا\u00ad/بة الطا\u00ad/ئر النج\u00ad/وم صغ\u00ad/ير",
}
"""The mark at the row's end goes."""

KEPT: Final = {
    "en": "brand-/new twenty-/one b-/bear g-/g-ghost W-/w-what well-/known half-/eaten blue-/eyed "
    "mother-/in-law re-/enter merry-/go-round ice-/cream grown-/up long-/legged "
    "tree-/lined red-/haired choo-/choo old-/fashioned ninety-/nine "
    "Twenty-/third self-/portrait BRAND-/NEW ding-/dong teeny-/weeny so-/called "
    "heart-/shaped two-/headed left-/hand ex-/king gold-/coloured "
    "nine-/year-old jack-/in-the-box bye-/bye hide-/and-seek stone-/cold th-/the "
    "mid-/afternoon snow-/covered pitter-/patter Jean-/Paul brand\u2011/new fo-/forest",
    "de": "E-/Mail U-/Bahn T-/Shirt B-/Bär g-/g-gut W-/w-was rot-/weiße "
    "Mund-/zu-Mund tick-/tack ding-/dong klipp-/klapp Hans-/Peter Mecklenburg-/Vorpommern "
    "hopp-/hopp 10-/jährige x-/beliebig Karl-/Heinz plitsch-/platsch "
    "Baden-/Württemberg K-/Katze n-/nein i-/ich S-/Bahnhof",
    "fr": "peut-/être dit-/il est-/ce celui-/ci a-/t-il arc-/en-ciel grand-/mère "
    "là-/bas vingt-/deux chauve-/souris rouge-/gorge b-/bonjour porte-/monnaie après-/midi "
    "demi-/heure dis-/moi allons-/y ce-/là va-/t-en quelques-/uns répondit-/elle Jean-/Pierre "
    "PEUT-/ÊTRE tic-/tac vas-/tu moi-/même pensa-/t-elle cria-/t-il celle-/là donne-/le "
    "petit-/fils tire-/bouchon pomme-/de-terre avez-/vous jusque-/là sous-/marin c-/c'est "
    "rendez-/vous cerf-/volant dix-/sept mille-/pattes mots-/croisés sont-/ils beau-/père",
    "it": "italo-/francese b-/babbo g-/g-gatto tic-/tac din-/don ex-/re "
    "Emilia-/Romagna pian-/pianino franco-/tedesco c-/ciao nord-/est "
    "t-/topo n-/no cin-/cin bla-/bla patatì-/patatà sud-/ovest M-/mamma "
    "zig-/zag cha-/cha guarda-/guarda M-/ma toc-/toc",
    "pt": "disse-/me guarda-/chuva disse-/-me deu-/lhe beija-/flor segunda-/feira "
    "arco-/íris bem-/vindo recém-/nascido chamava-/se olhou-/a vê-/lo fazê-/la "
    "couve-/flor b-/bom tic-/tac guarda-/-roupa sentou-/se lembro-/me dá-/me levantou-/-se "
    "pé-/de-meia ex-/rei GUARDA-/CHUVA conta-/gotas pão-/de-ló deram-/nos ama-/os "
    "terça-/feira mal-/humorado quebra-/cabeça encontrá-/lo vamo-/nos diz-/se ajuda-/me",
    "es": "franco-/alemán b-/bueno g-/g-gato teórico-/práctico ding-/dong "
    "bla-/bla físico-/químico hispano-/francés crac-/crac luso-/español m-/mamá Q-/qué "
    "n-/no toc-/toc pim-/pam plis-/plas chino-/japonés ris-/ras c-/casa "
    "austro-/húngaro tira-/y-afloja T-/tengo",
    "ru": "кто-/то по-/русски из-/за что-/нибудь когда-/то всё-/таки еле-/еле жили-/были "
    "из-/под во-/первых по-/моему кое-/кто как-/нибудь д-/да м-/м-медведь давным-/давно "
    "тик-/так скажи-/ка мало-/помалу КТО-/ТО где-/либо чуть-/чуть дин-/дон светло-/зелёный "
    "по-/лисьи В-/вот по-/прежнему ярко-/красный крепко-/накрепко Санкт-/Петербург "
    "сине-/белый жар-/птица ну-/ка какой-/то",
    "ar": "ب-/باب م-/مرحبا الأنجلو-/سكسونية الهندو-/أوروبية الأفرو-/آسيوية كهرو-/مغناطيسية "
    "ش-/شكرا ل-/لا تيك-/تاك ها-/ها جيو-/سياسية الصيني-/الياباني عربي-/إنجليزي",
}
"""The hyphen stays, and the two parts are one word."""

APART: Final = {
    "en": "two-/and pre-/and nineteenth-/or",
    "de": "Haus-/und Vor-/und Sonn-/oder Ein-/bzw.",
}
"""These are two words."""


def cases(language: str) -> list[tuple[str, str, str | None]]:
    """The two parts, and the word that they are; None if they are two words."""
    marks = "-\u00ad\u2010\u2011¬"
    tables = (JOINED, ""), (KEPT, "-"), (APART, None)
    return [
        (first, second, between if between is None else whole)
        for table, between in tables
        for first, _, second in (each.partition("/") for each in table.get(language, "").split())
        for whole in [f"{first.rstrip(marks)}{between}{second.removeprefix('-')}"]
    ]


def wrong(language: str) -> list[str]:
    return [
        f"{first}/{second}: {found}"
        for first, second, expected in cases(language)
        if (found := hyphens.joined(first, second, frozenset(), language)) != expected
    ]


def test_at_least_99_of_100_divided_words_become_whole() -> None:
    found = {language: (len(cases(language)), wrong(language)) for language in JOINED}

    assert min(total for total, _ in found.values()) > 25
    total, errors = (
        sum(each) for each in zip(*((n, len(w)) for n, w in found.values()), strict=True)
    )
    assert errors <= 0.01 * total, found


@pytest.mark.parametrize(
    ("first", "second", "known", "whole"),
    [
        ("blue-", "bell", {"blue-bell"}, "blue-bell"),  # as the page spells it elsewhere
        ("brand-", "new", {"brandnew"}, "brandnew"),
        ("glib-", "wump", {"glib", "wump"}, "glib-wump"),  # words of this page only
        ("glib-", "wump", {"glib"}, "glibwump"),
        ("“brand-", "new,”", set(), "“brand-new,”"),
        ("stopped-", "But", set(), None),
        ("stopped -", "but", set(), None),
    ],
)
def test_the_page_itself_shows_what_is_right(
    first: str, second: str, known: set[str], whole: str | None
) -> None:
    assert hyphens.joined(first, second, known, "en-US") == whole


def test_old_german_divides_ck_as_kk() -> None:
    assert hyphens.joined("Zuk-", "ker", frozenset(), "de-DE") == "Zucker"
    assert hyphens.joined("Ak-", "kordeon", frozenset(), "de-DE") == "Akkordeon"


@pytest.mark.parametrize("language", [language.partition("-")[0] for language in VOICES])
def test_each_language_has_a_list_of_words(language: str) -> None:
    assert len(hyphens.words_of(language[:2])) > 15_000


def test_a_list_that_is_missing_is_an_error() -> None:
    with pytest.raises(FileNotFoundError):
        hyphens.words_of("xx")
