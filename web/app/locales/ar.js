/** العربية. */
export default {
    "frame.back": "رجوع",
    "announce.label": "رسائل",

    // Joining
    "join.title": "انضم إلى Storytime",
    "join.what": "صوّر صفحة من كتاب مصوّر واسمعها تُقرأ بصوت عالٍ. تحتاج إلى دعوة: رابط أو رمز.",
    "join.token": "الرمز",
    "join.help": "يبدأ بـ st_. يصنعه من يدير Storytime بالأمر “make token”.",
    "join.join": "انضمام",
    "join.demo": "شاهد صفحة تُقرأ دون رمز",
    "join.refused": "لم يعد رمزك مقبولًا. اطلب رمزًا جديدًا.",

    // The shelf
    "shelf.title": "القصص",
    "shelf.take": "صوّر الصفحات",
    "shelf.continue": "تابع {name}",
    "shelf.empty": "لا توجد قصص بعد. صوّر صفحة وستُقرأ لك بعد لحظات.",
    "shelf.demo": "شاهد كيف يبدو ذلك",
    "shelf.search": "ابحث في الأسماء والنصوص",
    "shelf.found.zero": "لا قصص",
    "shelf.found.one": "قصة واحدة",
    "shelf.found.two": "قصتان",
    "shelf.found.few": "{count} قصص",
    "shelf.found.other": "{count} قصة",
    "shelf.loading": "جارٍ التحميل…",
    "shelf.more": "قصص أخرى",
    "shelf.again": "حاول مجددًا",
    "shelf.delete": "احذف {name}",
    "story.received": "تُقرأ الصفحة الآن",
    "story.read": "يُنطق النص الآن",
    "story.ready": "جاهزة للاستماع",
    "story.failed": "تعذّرت قراءتها",
    "story.deleted": "محذوفة",
    "library.deleting": "ستُحذف {name} بعد لحظات.",
    "library.undo": "تراجع",
    "library.deleted": "حُذفت {name}، وتُمحى ملفاتها الآن.",
    "library.erased": "مُحي كل ما يخص {name}.",

    // Settings
    "settings.title": "الإعدادات",
    "settings.language": "اللغة",
    "settings.theme": "الألوان",
    "settings.theme.auto": "كما في الجهاز",
    "settings.theme.light": "فاتحة",
    "settings.theme.dark": "داكنة",
    "settings.shortcuts": "اختصارات لوحة المفاتيح",
    "settings.shortcuts.which": "المسافة للتشغيل والإيقاف، والأسهم لجملة إلى الوراء أو الأمام، وPage Up وPage Down لصفحة.",
    "settings.leave": "مغادرة",
    "settings.leave.what": "ينسى هذا المتصفح الرمز. تبقى قصصك كما هي.",

    // Problems, by the API's code
    "problem.unexpected": "حدث خطأ. حاول مجددًا.",
    "problem.offline": "لا يوجد اتصال. تحقق من الشبكة؛ لم يضع شيء.",
    "problem.unauthorized": "هذا الرمز غير مقبول. تحقق منه أو اطلب رمزًا جديدًا.",
    "problem.unavailable": "Storytime مشغول أو تحت الصيانة. حاول بعد قليل.",
    "problem.bad_gateway": "لم يُجب Storytime. حاول بعد قليل.",
    "problem.timeout": "استغرق الجواب وقتًا طويلًا. المحاولة مجددًا آمنة.",
    "problem.too_many_requests": "طلبات كثيرة دفعة واحدة. انتظر بضع ثوانٍ ثم حاول.",
    "problem.not_found": "لا توجد قصة كهذه.",
    "problem.deleted": "حُذفت هذه القصة.",
    "problem.expired": "لم تصل صورة هذه القصة في الوقت المناسب.",
    "problem.changed_meanwhile": "غيّر شخص آخر هذه القصة في هذه الأثناء.",
    "problem.invalid_text": "لا يمكن قراءة هذا النص: يجب أن يحوي حروفًا وألا يزيد على 20,000 حرف.",

    // Taking pages
    "capture.title": "صوّر الصفحات",

    // Reading along
    "reader.title": "القراءة معًا",
};
