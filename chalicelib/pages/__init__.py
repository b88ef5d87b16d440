"""The photo and the text of a page. Pure: no AWS, no clock."""
