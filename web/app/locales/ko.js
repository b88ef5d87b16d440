/** 한국어. */
export default {
    "frame.back": "뒤로",
    "announce.label": "알림",

    // Joining
    "join.title": "스토리타임 시작하기",
    "join.what": "그림책의 한 쪽을 사진으로 찍으면 소리 내어 읽어 줍니다. 초대 링크나 토큰이 필요합니다.",
    "join.token": "토큰",
    "join.help": "st_로 시작합니다. 스토리타임을 운영하는 사람이 “make token”으로 만듭니다.",
    "join.join": "시작하기",
    "join.demo": "토큰 없이 읽는 모습 보기",
    "join.refused": "이 토큰은 더 이상 쓸 수 없습니다. 새 토큰을 요청하세요.",

    // The shelf
    "shelf.title": "이야기",
    "shelf.take": "책 사진 찍기",
    "shelf.continue": "{name} 이어 듣기",
    "shelf.empty": "아직 이야기가 없습니다. 책을 한 쪽 찍으면 곧 읽어 드립니다.",
    "shelf.demo": "어떤 모습인지 보기",
    "shelf.search": "이름과 글에서 찾기",
    "shelf.found.other": "이야기 {count}개",
    "shelf.loading": "불러오는 중…",
    "shelf.more": "이야기 더 보기",
    "shelf.again": "다시 시도",
    "shelf.delete": "{name} 삭제",
    "story.received": "글자를 읽는 중",
    "story.read": "음성을 만드는 중",
    "story.ready": "들을 수 있음",
    "story.failed": "읽지 못했음",
    "story.deleted": "삭제됨",
    "library.deleting": "{name}이(가) 곧 삭제됩니다.",
    "library.undo": "되돌리기",
    "library.deleted": "{name}을(를) 삭제했습니다. 파일을 지우고 있습니다.",
    "library.erased": "{name}의 모든 파일을 지웠습니다.",

    // Settings
    "settings.title": "설정",
    "settings.language": "언어",
    "settings.theme": "색상",
    "settings.theme.auto": "기기 설정대로",
    "settings.theme.light": "밝게",
    "settings.theme.dark": "어둡게",
    "settings.shortcuts": "키보드 단축키",
    "settings.shortcuts.which": "스페이스는 재생과 일시 정지, 화살표는 한 문장 앞뒤로, Page Up과 Page Down은 한 쪽 앞뒤로 갑니다.",
    "settings.leave": "나가기",
    "settings.leave.what": "이 브라우저가 토큰을 잊습니다. 이야기는 그대로 있습니다.",

    // Problems, by the API's code
    "problem.unexpected": "문제가 생겼습니다. 다시 시도하세요.",
    "problem.offline": "연결되어 있지 않습니다. 네트워크를 확인하세요. 잃어버린 것은 없습니다.",
    "problem.unauthorized": "이 토큰은 쓸 수 없습니다. 확인하거나 새 토큰을 요청하세요.",
    "problem.unavailable": "스토리타임이 바쁘거나 점검 중입니다. 잠시 뒤 다시 시도하세요.",
    "problem.bad_gateway": "스토리타임이 대답하지 않았습니다. 잠시 뒤 다시 시도하세요.",
    "problem.timeout": "대답이 너무 오래 걸렸습니다. 다시 시도해도 괜찮습니다.",
    "problem.too_many_requests": "한꺼번에 너무 많이 요청했습니다. 몇 초 뒤 다시 시도하세요.",
    "problem.not_found": "그런 이야기가 없습니다.",
    "problem.deleted": "삭제된 이야기입니다.",
    "problem.expired": "이 이야기의 사진이 제때 오지 않았습니다.",
    "problem.changed_meanwhile": "그동안 다른 사람이 이 이야기를 바꾸었습니다.",
    "problem.invalid_text": "이 글은 읽을 수 없습니다. 글자가 있어야 하고 20,000자를 넘을 수 없습니다.",

    // Taking pages
    "capture.title": "책 사진 찍기",

    // Reading along
    "reader.title": "함께 읽기",
};
