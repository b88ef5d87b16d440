"""The picture above the text: a lighthouse, its cat, the moon and five boats."""

import math

import numpy as np
from PIL import Image, ImageDraw

Colour = tuple[int, int, int]
Points = list[tuple[float, float]]

SKY_TOP: Colour = (38, 54, 98)
SKY_LOW: Colour = (126, 132, 168)
SEA: Colour = (44, 84, 118)
WAVE: Colour = (86, 128, 156)
MOON: Colour = (248, 240, 208)
LIGHT: Colour = (250, 222, 130)
WALL: Colour = (240, 232, 218)
BAND: Colour = (190, 76, 66)
ROCK: Colour = (74, 70, 82)
CAT: Colour = (36, 30, 38)
HULL: Colour = (112, 66, 54)
SAIL: Colour = (236, 226, 206)


def draw_illustration(width: int, height: int, seed: int) -> Image.Image:
    """Draw the night scene; the seed moves the stars, the moon and the boats."""
    rng = np.random.default_rng([seed, 1])
    picture = _evening_sky(width, height)
    draw = ImageDraw.Draw(picture)
    _stars_and_moon(draw, width, height, rng)
    horizon = height * 0.68
    lamp = (width * 0.2, height * 0.27)
    _beam(draw, lamp, width, horizon)
    _sea(draw, width, height, horizon, rng)
    for place in (0.42, 0.53, 0.66, 0.78, 0.91):
        middle = (place + rng.uniform(-0.03, 0.03)) * width
        _boat(draw, middle, horizon + height * rng.uniform(0.07, 0.24), height * 0.1)
    _lighthouse(draw, lamp, width, height)
    _cat(draw, lamp[0] + height * 0.085, lamp[1] + height * 0.1, height * 0.05)
    return picture


def _evening_sky(width: int, height: int) -> Image.Image:
    """Night above, a last light below: two pixels, stretched."""
    sky = Image.new("RGB", (1, 2), SKY_TOP)
    sky.putpixel((0, 1), SKY_LOW)
    return sky.resize((width, height), Image.Resampling.BICUBIC)


def _disc(
    draw: ImageDraw.ImageDraw, middle: tuple[float, float], radius: float, fill: Colour
) -> None:
    left, top = middle[0] - radius, middle[1] - radius
    draw.ellipse((left, top, left + 2 * radius, top + 2 * radius), fill=fill)


def _stars_and_moon(
    draw: ImageDraw.ImageDraw, width: int, height: int, rng: np.random.Generator
) -> None:
    for across, down in rng.uniform((0.02, 0.03), (0.98, 0.5), (24, 2)):
        _disc(draw, (across * width, down * height), height * 0.005, MOON)
    _disc(draw, (rng.uniform(0.6, 0.9) * width, height * 0.2), height * 0.09, MOON)


def _beam(draw: ImageDraw.ImageDraw, lamp: tuple[float, float], width: int, horizon: float) -> None:
    far: Points = [(width, horizon * 0.62), (width, horizon * 0.98)]
    draw.polygon([lamp, *far], fill=(150, 148, 150))


def _sea(
    draw: ImageDraw.ImageDraw,
    width: int,
    height: int,
    horizon: float,
    rng: np.random.Generator,
) -> None:
    draw.rectangle((0, horizon, width, height), fill=SEA)
    for across, down in rng.uniform((0, 0.04), (0.95, 0.95), (18, 2)):
        left, level = across * width, horizon + down * (height - horizon)
        crest = (left, level, left + width * 0.06, level + height * 0.03)
        draw.arc(crest, 200, 340, fill=WAVE, width=max(2, height // 200))


def _boat(draw: ImageDraw.ImageDraw, middle: float, waterline: float, size: float) -> None:
    hull: Points = [(-1.0, -0.35), (1.0, -0.35), (0.6, 0.1), (-0.65, 0.1)]
    sail: Points = [(0.0, -1.7), (0.0, -0.45), (0.85, -0.45)]
    for shape, fill in ((hull, HULL), (sail, SAIL)):
        outline = [(middle + across * size, waterline + down * size) for across, down in shape]
        draw.polygon(outline, fill=fill)


def _lighthouse(
    draw: ImageDraw.ImageDraw, lamp: tuple[float, float], width: int, height: int
) -> None:
    middle, lamp_height = lamp
    top, foot = lamp_height + height * 0.1, height * 0.84
    draw.ellipse((-width * 0.05, height * 0.78, width * 0.36, height * 1.3), fill=ROCK)

    def half_width(level: float) -> float:
        return height * (0.075 + 0.045 * (level - top) / (foot - top))

    stripes = 5
    for stripe in range(stripes):
        upper = top + (foot - top) * stripe / stripes
        lower = top + (foot - top) * (stripe + 1) / stripes
        side, base = half_width(upper), half_width(lower)
        outline: Points = [
            (middle - side, upper),
            (middle + side, upper),
            (middle + base, lower),
            (middle - base, lower),
        ]
        draw.polygon(outline, fill=WALL if stripe % 2 == 0 else BAND)
    unit = height * 0.01
    draw.rectangle((middle - 12 * unit, top - unit, middle + 12 * unit, top + 2 * unit), fill=ROCK)
    room = (middle - 5 * unit, lamp_height - 5 * unit, middle + 5 * unit, top - unit)
    draw.rectangle(room, fill=LIGHT)
    roof: Points = [(-7 * unit, -5 * unit), (7 * unit, -5 * unit), (0, -14 * unit)]
    draw.polygon([(middle + across, lamp_height + down) for across, down in roof], fill=BAND)


def _cat(draw: ImageDraw.ImageDraw, middle: float, feet: float, size: float) -> None:
    """A sitting cat, seen against the light: body, head, ears and a hanging tail."""
    body = (middle - 0.5 * size, feet - 1.2 * size, middle + 0.5 * size, feet + 0.1 * size)
    draw.ellipse(body, fill=CAT)
    head_height = feet - 1.35 * size
    _disc(draw, (middle, head_height), 0.4 * size, CAT)
    for side in (-1, 1):
        ear: Points = [(0.05, -0.25), (0.4, -0.15), (0.34, -0.68)]
        draw.polygon(
            [(middle + side * across * size, head_height + down * size) for across, down in ear],
            fill=CAT,
        )
    turns = [math.tau * step / 40 for step in range(11)]
    tail = [
        (middle + (0.45 + 0.5 * math.sin(turn)) * size, feet + (1 - math.cos(turn)) * size)
        for turn in turns
    ]
    draw.line(tail, fill=CAT, width=max(2, round(size * 0.18)))
