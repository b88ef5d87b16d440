"""Looks up what a client means by an id: that of a story, or of an upload."""

from chalicelib.stories.ports import Stories, UploadRequests
from chalicelib.stories.story import Story
from chalicelib.stories.upload_request import UploadRequest


def story_or_upload(
    stories: Stories, upload_requests: UploadRequests, known_id: str
) -> Story | UploadRequest | None:
    """Return the story, or the upload request while it has no story.

    None if there is neither, or if another photo has the id of the upload's story by now.
    """
    found = stories.find(known_id) or upload_requests.find(known_id)
    if not isinstance(found, UploadRequest) or found.story_id is None:
        return found
    story = stories.find(found.story_id)
    return story if story and story.generation == found.generation else None
