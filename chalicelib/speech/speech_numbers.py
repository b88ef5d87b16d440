"""Says numbers, and the nouns behind them, where digits would not agree with the noun. Pure."""

import re


def spanish_count(number: str, unit: str) -> str:
    masculine, feminine = {"1": "un", "21": "veintiún"}, {"1": "una", "21": "veintiuna"}
    return f"{(feminine if _is_feminine(unit) else masculine).get(number, number)} {unit}"


def portuguese_count(number: str, unit: str) -> str:
    feminine = {"1": "uma", "2": "duas"} if _is_feminine(unit) else {}
    return f"{feminine.get(number, number)} {unit}"


def agreeing(part: str, noun: str) -> str:
    """Return a Spanish or Portuguese half with the gender of the noun."""
    return re.sub(r"\bme(d?)io$", r"me\1ia", part) if _is_feminine(noun) else part


def _is_feminine(noun: str) -> bool:
    """Most nouns in -a are, but in -ma (Greek words) and some others."""
    word = noun.partition(" ")[0].lower()
    return re.search(r"(?:(?<!m)as?|colher(?:es)?)$", word) is not None and not re.match(
        r"(?:día|dia|mapa|planeta)s?$", word
    )


def russian_count(number: str, unit: str) -> str:
    """Engines read the digits as masculine."""
    tens, last = number[:-1], number[-1:]
    noun = last + unit.partition(" ")[0]
    feminine = "одна" if re.match("1.*а$", noun) else "две" if re.match("2.*[ыи]$", noun) else ""
    if not (number.isdigit() and feminine) or tens[-1:] == "1":
        return f"{number} {unit}"
    return f"{tens}0 {feminine} {unit}" if tens else f"{feminine} {unit}"


def russian_decimal(number: str) -> str:
    """Return how a number with one decimal is said: with halves or tenths; of others nothing."""
    if not (match := re.fullmatch(r"(\d+),(\d)", number)):
        return ""
    whole, tenths = match.groups()
    if tenths == "5" and whole != "0":
        return "полтора" if whole == "1" else f"{whole} с половиной"
    tenth = {"1": "одна десятая", "2": "две десятых"}.get(tenths, f"{tenths} десятых")
    return f"{whole} и {tenth}"


def arabic_count(number: str, unit: str) -> str:
    """One stands behind the noun, two in its ending."""
    noun, within, rest = unit.partition(" في ")
    value = int(number) if number.isdigit() else 0
    if value == 1:
        one = "واحدة" if noun.partition(" ")[0].endswith("ة") else "واحد"
        return f"{noun} {one}{within}{rest}"
    if value == 2:  # noqa: PLR2004
        words = [re.sub("ة$", "ت", word) + "ان" for word in noun.split() if word != "فهرنهايت"]
        return f"{' '.join(words)}{within}{rest}"
    return f"{re.sub(r'[,٫](?=[0-9٠-٩]{1,2}$)', '.', number)} {unit}"
