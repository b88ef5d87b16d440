"""The filters of DetectText: how sure, how large, and where in the image."""

from typing import Any, Final

import shapely

from local.services.rekognition.detected_words import Word
from local.services.service_error import ServiceError

DEFAULT_CONFIDENCE: Final = 80.0
"""Of a ``WordFilter`` that names none ("The default MinConfidence is 80"); without one, none."""

_POLYGON_POINTS: Final = range(3, 11)


class WordFilters:
    """The ``Filters`` of a request: a word must pass the word filter and lie in a region, if given.

    A word lies in a region when more than half of it does.
    """

    def __init__(self, filters: dict[str, Any]) -> None:
        word_filter = filters.get("WordFilter")
        self._confidence = 0.0
        self._height = self._width = 0.0
        if word_filter is not None:
            self._confidence = word_filter.get("MinConfidence", DEFAULT_CONFIDENCE)
            self._height = word_filter.get("MinBoundingBoxHeight", 0.0)
            self._width = word_filter.get("MinBoundingBoxWidth", 0.0)
        self._regions = [_region(each) for each in filters.get("RegionsOfInterest", [])]

    def keep(self, word: Word) -> bool:
        outline = shapely.Polygon(word.quad)
        left, top, right, bottom = outline.bounds
        return (
            word.confidence >= self._confidence
            and bottom - top >= self._height
            and right - left >= self._width
            and self._is_in_a_region(outline)
        )

    def _is_in_a_region(self, outline: shapely.Polygon) -> bool:
        return not self._regions or any(
            region.intersection(outline).area > outline.area / 2 for region in self._regions
        )


def _region(region: dict[str, Any]) -> shapely.Geometry:
    if ("BoundingBox" in region) == ("Polygon" in region):
        raise ServiceError("InvalidParameterException", "Request has invalid parameters")
    if "BoundingBox" in region:
        box = region["BoundingBox"]
        left, top = box.get("Left", 0.0), box.get("Top", 0.0)
        return shapely.box(left, top, left + box.get("Width", 0.0), top + box.get("Height", 0.0))
    points = [(point.get("X", 0.0), point.get("Y", 0.0)) for point in region["Polygon"]]
    if len(points) not in _POLYGON_POINTS:
        raise ServiceError("InvalidParameterException", "Request has invalid parameters")
    return shapely.make_valid(shapely.Polygon(points))
