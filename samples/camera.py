"""What a phone does to a page: perspective, uneven light, soft focus, sensor noise."""

from collections.abc import Callable
from statistics import NormalDist

import numpy as np
from PIL import Image, ImageChops, ImageFilter

Size = tuple[int, int]
Place = tuple[float, float]
Corners = tuple[Place, ...]


def photograph(scene: Image.Image, *, angle: float, noise: float, seed: int) -> Image.Image:
    """Take a hand-held photo of a flat scene; the photo has the scene's size.

    Args:
        scene: What lies on the table, seen straight from above.
        angle: Degrees by which the page appears turned clockwise.
        noise: Standard deviation of the sensor's noise in full light, in 1/256 of white.
        seed: Decides the perspective, where the light falls, and the noise.
    """
    rng = np.random.default_rng([seed, 2])
    corners = _seen_corners(scene.size, angle, rng)
    view = scene.transform(
        scene.size,
        Image.Transform.PERSPECTIVE,
        _perspective(corners, _corners(scene.size)),
        Image.Resampling.BILINEAR,
        fillcolor=scene.getpixel((0, 0)),
    )
    focused = view.filter(ImageFilter.BoxBlur(scene.width / 4000))
    light = ImageChops.add(_light(scene.size, rng), _noise(scene.size, noise, rng), 1, -128)
    light = ImageChops.add(light, _texture(scene.size, rng), 1, -128)
    return ImageChops.multiply(focused, Image.merge("RGB", (light, light, light)))


def view_of(size: Size, *, angle: float, seed: int) -> Callable[[Place], Place]:
    """Tell where `photograph` shows a place of a scene, both in pixels.

    Args:
        size: Of the scene.
        angle: As for `photograph`.
        seed: As for `photograph`.
    """
    seen = _seen_corners(size, angle, np.random.default_rng([seed, 2]))
    a, b, c, d, e, f, g, h = _perspective(_corners(size), seen)

    def view(place: Place) -> Place:
        x, y = place
        depth = g * x + h * y + 1
        return (a * x + b * y + c) / depth, (d * x + e * y + f) / depth

    return view


def _corners(size: Size) -> Corners:
    width, height = size
    return (0, 0), (width, 0), (width, height), (0, height)


def _seen_corners(size: Size, angle: float, rng: np.random.Generator) -> Corners:
    """Where the scene's corners appear: turned, and each up to 1 % nearer or farther."""
    width, height = size
    turn = np.radians(angle)
    rotation = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    centre = np.array([width / 2, height / 2])
    flat = np.array(_corners(size), dtype=float)
    nearness = 1 + rng.uniform(-0.01, 0.01, (4, 1))
    seen = (flat - centre) * nearness @ rotation + centre
    return tuple((float(across), float(down)) for across, down in seen)


def _perspective(places: Corners, others: Corners) -> tuple[float, ...]:
    """The eight coefficients that map four places to four others, as Pillow takes them.

    (x, y) becomes (a x + b y + c, d x + e y + f) / (g x + h y + 1): four pairs of corners give
    eight linear equations. Pillow asks for each pixel of the photo where it is in the scene.
    """
    equations, results = [], []
    for (x, y), (other_x, other_y) in zip(places, others, strict=True):
        equations.append([x, y, 1, 0, 0, 0, -other_x * x, -other_x * y])
        equations.append([0, 0, 0, x, y, 1, -other_y * x, -other_y * y])
        results += [other_x, other_y]
    coefficients = np.linalg.solve(np.array(equations), np.array(results, dtype=float))
    return tuple(float(coefficient) for coefficient in coefficients)


def _light(size: Size, rng: np.random.Generator) -> Image.Image:
    """One lamp beside the book: brightest near it, two thirds as bright at the far corner."""
    across, down = np.meshgrid(np.linspace(0, 1, 32), np.linspace(0, 1, 24))
    lamp_across, lamp_down = rng.uniform((0.2, 0.1), (0.8, 0.4))
    distance = np.hypot(across - lamp_across, down - lamp_down)
    brightness = (252 - 80 * distance).astype(np.uint8)
    return Image.fromarray(brightness).resize(size, Image.Resampling.BICUBIC)


def _noise(size: Size, deviation: float, rng: np.random.Generator) -> Image.Image:
    """Gaussian noise around 128: uniform bytes through the normal quantile function."""
    normal = NormalDist(128, deviation)
    levels = [round(normal.inv_cdf((byte + 0.5) / 256)) for byte in range(256)]
    width, height = size
    return Image.frombytes("L", size, rng.bytes(width * height)).point(levels)


def _texture(size: Size, rng: np.random.Generator) -> Image.Image:
    """The paper's own unevenness: faint spots a few pixels wide."""
    width, height = size
    spots = _noise((width // 6, height // 6), 2.5, rng)
    return spots.resize(size, Image.Resampling.BILINEAR)
