"""The photo, text and sound of a page. Pure: no AWS, no clock."""
