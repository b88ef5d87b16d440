"""The e-mail about a photo that was not taken. Pure."""

import msgspec

from chalicelib.profiles.profile import ProfileStatus, Refusal


class Notice(msgspec.Struct, frozen=True):
    subject: str
    body: str


def notice_of(
    user_id: str, status: ProfileStatus, refusal: Refusal, *, keeps_photo: bool
) -> Notice:
    """Write the e-mail; `keeps_photo`: an earlier photo still counts."""
    subject = (
        "Your profile photo was not accepted"
        if status is ProfileStatus.REJECTED
        else "Your profile photo could not be processed"
    )
    rest = "Your present photo stays as it is." if keeps_photo else "Your profile has no photo yet."
    body = (
        f"Hello,\n\nthe photo that was sent for the profile {user_id} was not taken:\n\n"
        f"    {refusal.message}\n\n{rest}\n\n"
        "You get this e-mail because your address was given with the photo.\n"
    )
    return Notice(subject, body)
