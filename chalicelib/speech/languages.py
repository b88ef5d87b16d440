"""Finds the language that a text is in. Pure.

Arabic and Russian have scripts of their own. The six languages with Latin letters share words and
letters, so a word of a text speaks for every language that has it, and a part of it for every
language where that is frequent. Accents do not count: OCR loses some, and capitals often have none.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from itertools import chain
from types import MappingProxyType
from typing import Final

_WORDS: Final = MappingProxyType(
    {
        "en-US": """
            a about after again all also always am an and another are around as asked at ate away
            back be became because bed been before began behind but by called came can cannot could
            couldn cried day did didn do does doesn don done down each eat ever every everyone
            everything fast felt few find first for found friend friends from gave get girl give go
            goes going good got great had has have he hello help her here him his home house how i
            if in inside into is isn it its just keep kept knew know laughed let like liked little
            live lived long look looked lot made make man many may me mom more morning mother much
            must my name never new next nice night no not nothing now of off oh old on once one only
            or other our out outside over people played please put ran red said sat saw say says see
            she should shouted sleep so some someone something soon started stop stopped take tell
            than thank that the their them then there these they thing things think this those
            thought three through time to today together told too took tree two under until up us
            very wait walked want wanted was wasn water way we well went were what when where which
            while white who why will wish with won work would yes yet you young your
        """,
        "de-DE": """
            ab aber acht alle allein allem allen aller alles als also alt alte alten am an andere
            anderen antwortete auch auf aus bald bei beide beim bin bis bist bitte bleibt blieb da
            dabei dachte damit dann daran darauf darf darin das dass davon dazu dein deine dem den
            denn der des deshalb dich die dies diese diesem diesen dieser dieses dir doch dort drei
            du durch ein eine einem einen einer eines einfach einmal er erst erste es essen etwas
            euch euer fand fiel fragt fragte frau freund freunde freut fur gab ganz ganze gar geh
            gehen geht gerade gern gerne gesagt gibt ging gingen gross grosse grossen grosser gut
            gute guten habe haben hat hatte hatten haus hause heim her hier hin hinter hoch ich ihm
            ihn ihnen ihr ihre ihrem ihren ihrer im immer in ins isst ist ja jeden jeder jedes jetzt
            junge kam kamen kann kannst kein keine keinen kind kinder klein kleine kleinen kleiner
            kommen kommt konnte konnten lange lasst lauft leben legt leute machen macht machte
            madchen man mann mehr mein meine meinem meinen meiner mich mir mit mochte mochten muss
            mussen musste mutter nach nacht name neben nein nicht nichts nie niemand noch nun nur
            oben oder ohne papa plotzlich rief sagen sagt sagte sah schnell schon schone sehen sehr
            sei sein seine seinem seinen seiner seit sich sie sieht sind so sofort soll sollte
            sondern spielen sprach stand steht tag tages tut uber um und uns unser unsere unter
            vater viel viele vom von vor wald war waren warum was wasser weg weil weiss weit weiter
            welche wenn wer werden wie wieder will wir wird wissen wo wohin wohl wohnt wollen wollte
            wurde wurden zu zum zur zuruck zusammen zwei zwischen
        """,
        "fr-FR": """
            a ai aime ainsi alla aller allez alors apres au aucun aussi autre autres aux avaient
            avait avec avez avoir avons beaucoup belle bien bientot bon bonjour bonne c ca car ce
            cela celle celui cependant certains ces cet cette chaque chez chose comme comment contre
            cria d dans de debout dehors deja demain demanda demande depuis derriere des deux devant
            devint dire dit doit donc donne dormir dort du eau elle elles en encore enfant enfants
            enfin ensemble ensuite es est et etaient etait ete etes etre eu eux faim faire fait faut
            fit fois font fut grand grande grands gros grosse habite ici il ils j jamais je jeune
            jouer jour jours jusqu l la laisse le lendemain les leur leurs lui m ma main maintenant
            mais maison maman mange manger me mere mes mieux moi moins mon n ne ni noir nom non nos
            notre nous nouveau nuit on ont ou oui papa par parce parfois parmi partie partir partit
            pas pendant pere petit petite petits peu peur peut peux plus plusieurs pour pourquoi
            pouvait prend pres presque pris prit puis qu quand que quel quelle quelque quelques qui
            quitta quoi regarda regarde repondit rien roi s sa sais sait sans savait se sera ses si
            soir son sont sortit sous souvent sur ta tandis te temps tes tete toi tomba ton toujours
            tous tout toute toutes tres trois trop trouva trouve tu un une va vais vas vers veut
            veux vieille viens vient vieux vint vit vite voici voila voir voit voix vont vos votre
            voulait vous vraiment vu y yeux
        """,
        "it-IT": """
            a abbiamo accanto ad adesso ai al alcuni all alla alle allora altra altri altro anche
            ancora andare andava andiamo ando anni anno appena arrivo aspetta avere aveva avevano
            avrebbe bambina bambine bambini bambino basta bella bello bene bisogno buona buono c
            casa casetta ce che chi chiamava chiese ci ciao cinque cio col come con contro corse
            cosa cose cosi cui da dagli dai dal dall dalla dalle davanti degli dei del dell della
            delle dello dentro detto deve di dice diceva dicono dietro disse dopo dormire dov dove
            due dunque e ecco ed egli era erano esce essere fa face fai fame fanno far fare fatto
            fece felice fine fino fra fu fuori furono gia gioca giocare giorni giorno giu gli grande
            grandi grazie guarda guardo ha hai hanno ho i il in infine insieme intorno invece io l
            la le lei li lo loro lui lungo m ma mai mamma mano mattina me mentre mi mia miei mio
            molta molte molti molto mondo ne nei nel nell nella nelle nessuno niente no noi nome non
            nostra nostro notte nulla nuova nuovo oggi ogni ognuno ora ovunque papa parte passo per
            perche pero piace piaceva piano piccola piccoli piccolo piena pieno piu po poi posso
            potere potrebbe presto prima primo proprio puo qualche qualcosa qualcuno quale quando
            quanti quanto quasi quattro quella quelle quelli quello questa queste questi questo qui
            quindi re rispose s sa sapeva se sei sembra sempre sera si siamo sono sopra sotto sta
            stanno stare stata stato stava stesso storia su sua subito sugli sui sul sulla sulle suo
            suoi tanta tante tanti tanto te ti torno tra tre tu tua tuo tutta tutte tutti tutto un
            una uno uomo va vecchia vecchio vede vedere venne verso vi via vide viveva voglio
            vogliono voi voleva vuoi vuole
        """,
        "pt-BR": """
            a abaixo acabou acho achou agora agua ainda alem algo alguem algum alguma alguns ali
            andar ano anos antes ao aos apenas apos aquela aquele aqui aquilo as assim ate atras avo
            bem boa bom bonita cada caiu cao casa cedo certo chamada chamado chegou coisa coisas com
            comecou comer comeu como conseguia correu cuidado da dali dar das de debaixo dela delas
            dele deles depois desde dessa desse desta deste deu deve dia dias disse diz dizer do
            dois dormir dos duas e eis ela elas ele eles em embora enquanto entao entre era eram
            essa esse esta estao estava estavam este estou eu exclamou fala falou faz fazer fez
            ficar ficou filha filho filhos foi fora foram fosse gato gente gosta gostava grande
            grandes ha historia hoje ia irma irmao isso isto ja jardim jeito junto juntos lhe lhes
            logo longe lugar mae maes mais mal mamae manha mao mas me medo meio melhor menina
            meninas menino meninos mesmo meu meus minha minhas muita muitas muito muitos mundo na
            nada nao nas nem nenhum nessa nesse neste ninguem no noite nome nos nossa nosso nova
            novo num numa nunca o olha olhos olhou onde ontem os ou outra outras outro outros ouviu
            pai pais para parecia pe pediu pegou pela pelas pelo pelos pensou pequena pequeno
            pequenos perguntou perto pode podem podia pois por porem porque pouco pra precisa
            primeira primeiro proximo qual quando quanto quase que quem quer queria respondeu sabe
            sabia saiu se segundo seis sem sempre ser sera seu seus sim so sob sobre somos sou sua
            suas tal talvez tambem tao tarde te tem tempo tenho ter teu tinha tinham toda todas todo
            todos tres tu tua tudo um uma umas uns vai vamos vao ve velha velho vem ver vez vezes
            viu vive vivia voce voces voltou vou voz
        """,
        "es-ES": """
            a abajo acerca adentro adonde ahi ahora al alegria algo alguien algun alguna algunas
            algunos alla alli alto ano anos antes aqui arriba asi atras aun aunque ayuda bajo bien
            buen buena buenas bueno buenos cada calle camino casa casi cerca cinco comer como con
            contento contesto corrio cosa cosas cual cuando cuanto cuatro cuento da dar de debajo
            debe decia decir dejo del demas dentro desde despues detras dia dias dice dijeron dijo
            dio donde dormir dos el ella ellas ellos empezo en encima encontro enorme entonces entre
            era eran eres es esa ese eso esos esta estaba estaban estado estan estas este esto estos
            estoy estuvo familia feliz fue fuera fueron gran grande grandes grito gusta gustaba ha
            haber habia habian hablar hace hacer hacia han hasta hay haz he hermana hermano hermosa
            hija hijo hijos historia hizo hola hombre hoy iba iban ir jardin juega jugar junto
            juntos la las le lejos llamaba llamado llego lo los luego lugar madre mal mama manana
            mano mas me medio mejor menos mi mia mientras mio mira miro mis mismo mucha muchas mucho
            muchos muy nada nadie ni nina ninas ningun nino ninos no noche nombre nos nosotros
            nuestra nuestro nueva nuevo nunca ojos oso otra otras otro otros oye padre para parecia
            parte paso pensaba penso pequena pequeno pequenos pero pidio poco podia podria pone por
            porque pregunta pregunto primer primera pronto pudo puede pueden puedo pues puso que
            queria quien quiere quiero respondio sabe sabia salio se sea senor senora ser si siempre
            siete sin sobre sola solo somos son soy su sus tal tambien tan tanto tarde te tengo
            tenia tenian tiempo tiene tienen tienes toda todas todavia todo todos tomo trabajo tras
            tres tu tus un una unas uno unos usted va vamos van veces ven ver vez vida vieja viejo
            viene vio vive vivia voy y ya yo
        """,
    }
)
"""Words that are frequent in picture books, without accents. Few are nouns: stories differ."""

_PARTS: Final = MappingProxyType(
    {
        "en-US": """
            aw ck d> ea ed> ee ew gh k k> kn ld> ly> ng> oa oo ow rs> sh ss> th ts> w wh y>
        """,
        "de-DE": """
            <be <ge <st <ve <zu ah ch cht ck ei em> en> er> eu ich ie k ng> nn oh pf sch st> t> te>
            tz uh w z>
        """,
        "fr-FR": """
            ai au aux che e> eau ee> eu eux ez> gn ill it> nt> oi ou qu re> ui x>
        """,
        "it-IT": """
            a> are ava bb cc cch cci che chi e> ere ff gg ggi ghi gli i> io> ire ll nn no> o> ono pp
            rr sci ss to> tta tto uo zi zz
        """,
        "pt-BR": """
            a> aes am> ao> as> ava ei eu> ia> iu> lh m> ndo nh o> oes oi os> ou> qu ss
        """,
        "es-ES": """
            a> aba ad> as> ch cio es> ia> ie ita ito j l> ll n> ndo o> os> ron rr ue y> z
        """,
    }
)
"""Frequent letters, or two or three together; ``<`` begins a word, and ``>`` ends it."""

_OF_SCRIPT: Final = MappingProxyType({"ARABIC": "arb", "CYRILLIC": "ru-RU"})
"""Scripts that one language of `VOICES` is written in, by the first word of Unicode's names."""

_PART_WEIGHT: Final = 0.15  # of a word's
_MIN_EVIDENCE: Final = 0.5  # half a word that no other language has

_CONTRAST: Final = 3
"""How clearly a sentence goes to its likeliest language. Mixed pages gain from more, and texts of a
few short sentences lose."""

_WORD: Final = re.compile(r"[^\W\d_]+")
_SENTENCE_END: Final = re.compile(r"[.!?؟…\n]+")


def detected(text: str) -> str | None:
    """The language that most words of a text are in; None if the text gives no reason for one.

    Returns:
        The first key of the language in `VOICES`. Countries are not told apart: "pt-BR" means
        Portuguese. A text in a language without voices, such as Dutch, gets the likeliest of those
        in its script. None for digits, a few names or sounds, or a script that no voice reads.
    """
    said: defaultdict[str | None, float] = defaultdict(float)  # words
    evidence: defaultdict[str | None, float] = defaultdict(float)
    for sentence in _SENTENCE_END.split(_bare(text)):
        words = _WORD.findall(sentence)
        weights: defaultdict[str | None, float] = defaultdict(float)
        for language, weight in chain.from_iterable(map(_evidence, words)):
            weights[language] += weight
            evidence[language] += weight
        total = sum(weight**_CONTRAST for weight in weights.values())
        for language, weight in weights.items():
            said[language] += len(words) * weight**_CONTRAST / total
    likeliest = max(said, key=said.__getitem__, default=None)
    return likeliest if evidence[likeliest] >= _MIN_EVIDENCE else None


def _bare(text: str) -> str:
    """The text in lower case, without accents, and with "ss" for "ß".

    The marks of vowels go, too, which Arabic has in books for children: each would end a word.
    """
    letters = unicodedata.normalize("NFD", text.casefold())
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


def _evidence(word: str) -> Iterator[tuple[str | None, float]]:
    """The languages that a word speaks for, and how much; None is every language without voices.

    The languages that have a word, or a part, share its weight.
    """
    script = unicodedata.name(word[0], "").partition(" ")[0]
    if script != "LATIN":
        yield _OF_SCRIPT.get(script), 1
        return
    whole = f"<{word}>"
    parts = (whole[at : at + size] for size in (1, 2, 3) for at in range(len(whole) - size + 1))
    for clue in dict.fromkeys((whole, *parts)):
        languages = _clues().get(clue, ())
        weight = 1 if clue == whole else _PART_WEIGHT
        for language in languages:
            yield language, weight / len(languages)


@cache  # made for the first text: most functions never read one
def _clues() -> dict[str, list[str]]:
    """The languages of each word (``<word>``) and part."""
    clues: dict[str, list[str]] = {}
    for language, words in _WORDS.items():
        for clue in (*(f"<{word}>" for word in words.split()), *_PARTS[language].split()):
            clues.setdefault(clue, []).append(language)
    return clues
