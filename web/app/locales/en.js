/** English. Keys that end in .one and .other follow Unicode's plural rules. */
export default {
    "frame.back": "Back",
    "announce.label": "Messages",

    // Joining
    "join.title": "Join Storytime",
    "join.what": "Photograph a page of a picture book, and hear it read aloud. You need an invitation: a link, or a token.",
    "join.token": "Token",
    "join.help": "It begins with st_. Who runs this Storytime makes one with “make token”.",
    "join.join": "Join",
    "join.demo": "See a page being read, without a token",
    "join.refused": "Your token is no longer accepted. Ask for a new one.",

    // The shelf
    "shelf.title": "Stories",
    "shelf.take": "Photograph pages",
    "shelf.continue": "Continue {name}",
    "shelf.empty": "There are no stories yet. Photograph a page, and it is read to you in a moment.",
    "shelf.demo": "See how that is",
    "shelf.search": "Search in names and texts",
    "shelf.found.one": "{count} story",
    "shelf.found.other": "{count} stories",
    "shelf.loading": "Loading…",
    "shelf.more": "More stories",
    "shelf.again": "Try again",
    "shelf.delete": "Delete {name}",
    "story.received": "The page is being read",
    "story.read": "The text is being spoken",
    "story.ready": "Ready to hear",
    "story.failed": "It could not be read",
    "story.deleted": "Deleted",
    "library.deleting": "{name} is deleted in a moment.",
    "library.undo": "Undo",
    "library.deleted": "{name} is deleted. Its files are being erased.",
    "library.erased": "Everything of {name} is erased.",

    // Settings
    "settings.title": "Settings",
    "settings.language": "Language",
    "settings.theme": "Colours",
    "settings.theme.auto": "As the device",
    "settings.theme.light": "Light",
    "settings.theme.dark": "Dark",
    "settings.shortcuts": "Keyboard shortcuts",
    "settings.shortcuts.which": "Space plays and pauses, arrow keys go a sentence back and on, Page Up and Page Down a page.",
    "settings.leave": "Leave",
    "settings.leave.what": "This browser forgets the token. Your stories stay.",

    // Problems, by the API's code
    "problem.unexpected": "Something went wrong. Try again.",
    "problem.offline": "There is no connection. Check the network; nothing is lost.",
    "problem.unauthorized": "This token is not accepted. Check it, or ask for a new one.",
    "problem.unavailable": "Storytime is busy or being repaired. Try again in a moment.",
    "problem.bad_gateway": "Storytime did not answer. Try again in a moment.",
    "problem.timeout": "It took too long to answer. Trying again is safe.",
    "problem.too_many_requests": "Too much at once. Wait a few seconds, then try again.",
    "problem.not_found": "There is no such story.",
    "problem.deleted": "This story was deleted.",
    "problem.expired": "No photo came in time for this story.",
    "problem.changed_meanwhile": "Somebody else changed this story meanwhile.",
    "problem.invalid_text": "This text cannot be read aloud: it needs letters, and at most 20,000 characters.",

    // Taking pages
    "capture.title": "Photograph pages",

    // Reading along
    "reader.title": "Read along",
};
