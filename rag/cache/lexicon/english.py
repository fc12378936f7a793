"""English, as `rag.cache.reading` sees it."""

from __future__ import annotations

import re

from rag.cache.lexicon.forms import Lexicon, openings, rewrites, synonyms, words

# Whoever asks how, asks for all; whoever asks whether, may ask about others: who may see my salary matters.
_I = "(?:i|we|you|one)"
_ME = "(?:i|we|one)"
_RIGHT = "(?:best|right|correct|proper|recommended|usual|standard)"
_WAY = "(?:way|procedure|process|method|steps|instructions)"
_HOW_ELSE = (
    "(?:big|large|fast|slow|old|new|far|near|high|low|deep|soon|late|early|safe|secure|good|bad|well|hard|easy|difficult|"
    "reliable|accurate|important)"
)
_ASKED = "(?=(?:how|who|whom|whose|what|when|where|why|which)\\b)"
_TELL = "(?:tell|explain(?: to)?|show|remind|let|help|know|clarify|advise)(?: (?:me|us))?(?: (?:know|understand))?"

ENGLISH = Lexicon(
    rewrites=rewrites(
        (r"\b(what|who|where|how)'?s\b", r"\1 is"),
        (r"\b(when|why|that|there|it|here)'s\b", r"\1 is"),
        (r"'re\b", " are"),
        (r"\bi'?m\b", "i am"),
        (r"'(?:d|ll)\b", " would"),
        (r"'ve\b", " have"),
        (r"\bwon'?t\b", "will not"),
        (r"\bcan'?t\b|\bcannot\b", "can not"),
        (r"n't\b", " not"),
        (r"\b(do|does|did|is|are|was)nt\b", r"\1 not"),
        (r"'s\b", ""),
        (r"\b(log|sign|set|back|check|opt|roll|clean|follow|shut|turn|switch) (in|out|up|down|off|on|back)\b", r"\1\2"),
        (r"\bhow much (?:does|do|is|are|would) (.+?) cost\b", r"how much is \1"),
        (r"\bwhat (?!is\b|are\b)(?:does |do )?(.+?) means?\b", r"what is the meaning of \1"),
        (r"\bwhat (?:is|are) (.+?) used for\b", r"what is the purpose of \1"),
        (r"^(?:am|is|are) (.+?) (?:allowed|able|permitted) to\b", r"can \1"),
        (r"^(?:do|does) (?!you know\b)(.+?) (?:have|need) to\b", r"must \1"),
        (r"\bhow can (.+?) be (\w+)\b", r"how to \2 \1"),
        (r"\bhow come\b", "why"),
        (r"\b(?:regarding|concerning)\b", "about"),
        (r"\bin order to\b", "to"),
        (r"\bas well as\b", "and"),
    ),
    polite=re.compile(
        r"(?:(?:hi|hello|hey|dear|good (?:morning|afternoon|evening))(?: (?:there|all|team|everyone|folks|bot))?"
        r"|please|kindly|quick question|question|so|ok|okay|sorry|excuse me|(?:i (?:was|am) )?(?:just )?wondering"
        rf"|(?:can|could|would|will) (?:you|anyone|anybody|someone|somebody) (?:please |kindly )?{_TELL} {_ASKED}"
        rf"|(?:do|does) (?:you|anyone|anybody|someone|somebody) (?:happen to )?know {_ASKED}"
        rf"|(?:do you have )?any idea {_ASKED}"
        rf"|i (?:would like|want|need) to (?:know|understand|find out) {_ASKED}"
        rf"|(?:please )?{_TELL} {_ASKED}|may i ask {_ASKED})\b\s*"
    ),
    openings=openings(
        how_to=(
            rf"how (?:do|can|could|should|would|must|may) {_I}(?: go about| be able to)?",
            "how to",
            rf"what (?:is|are|would be) (?:the|a|an|your|our)(?: {_RIGHT})? {_WAY} (?:to|for|of)",
            rf"what (?:do|should|must) {_I} (?:need to |have to )?do to",
            rf"(?:what|which) steps (?:do|should|must|can) {_I} (?:need to |have to )?(?:follow|take) to",
            r"^i (?:want|need|would like|am trying) to",
            r"^steps to",
        ),
        how_many=("how many", "what is the (?:total )?number of"),
        how_long=("(?:for )?how long", "(?:for )?how much time"),
        price=("how much (?:is|are)", "what is the (?:price|cost) of"),
        how_much=("how much",),
        how_often=("how often", "how frequently", "how many times"),
        how_else=(f"how {_HOW_ELSE}",),
        how=("how",),
        time=("(?:at )?what time",),
        day=("(?:on )?(?:what|which) (?:day|date)",),
        who=("who", "whom"),
        whose=("whose",),
        when=("when",),
        found=(rf"where (?:can|could|do|should|would) {_I} (?:find|locate)", "where (?:is|are)"),
        where=(rf"where (?:can|could|do|should|would) {_I}", "where"),
        why=("what is the reason(?: for| that| why)?", "for what reason", "why"),
        which=("which",),
        meaning=("what is the (?:meaning|definition) of", "what is meant by"),
        purpose=("what is the purpose of",),
        does=("what (?:does|do)",),
        what=("what",),
        can=(
            rf"^(?:can|could|may|might) {_ME}",
            r"^(?:can|could|may|might)",
            r"is it possible (?:for (?:me|us) )?to",
            r"is there (?:a|any) way (?:to|for (?:me|us) to)",
        ),
        must=(rf"^must {_ME}", "^must", r"^is it (?:necessary|mandatory|required|compulsory|obligatory) to"),
        should=(rf"^should {_ME}", "^should"),
        whether_is=(r"^(?:is|are|am)",),
        whether_does=(rf"^(?:do|does) {_ME}", r"^(?:do|does)"),
        whether_will=(r"^(?:will|shall)",),
    ),
    silent=words("""
        a an the is are am be been being do does please thanks thank cheers kindly would could i we my our one
    """),
    loose=words("""
        of in on at and as so this that these those it there here exactly actually really simply basically currently
        anyway correctly properly
    """),
    synonyms=synonyms("""
        not no
        was were
        will shall
        all every each
        everyone everybody
        anyone anybody
        only just solely exclusively
        me us
        can may might
        than versus vs
        under below
        over above
        admin admins administrator administrators
        docs documentation
        config configuration configurations configs
        app apps application applications
        repo repos repository repositories
        database databases db
        environment environments env
        info information
        production prod
        kubernetes k8s
        phone telephone phones
        change changing modify modifying alter altering
        delete deleting erase erasing
        fix fixing repair repairing
        buy buying purchase purchasing
        turnon switchon
        turnoff switchoff
        start starting begin beginning
        get getting obtain obtaining
        need needing require requiring
        use using utilize utilizing utilise utilising
        show showing display displaying
        send sending
        ask asking request requesting
        salary salaries wage wages
        staff personnel
        cheap inexpensive
        big large
        quick fast
        picture pictures photo photos
    """),
    kinds=rewrites(
        (r"i[sz](?:e|es|ed|ing)$", "make"),
        (r"(?:er|or|ee|ist|ant|ent|eer|ian)s?$", "doer"),
        (r"(?:able|ible)s?$", "able"),
        (r"(?:ity|ities|ness|ship)$", "quality"),
        (r"(?:al|als|ous|ive|ives|ful|less|ish)$", "like"),
        (r"ly$", "manner"),
        (r"est$", "most"),
        (r".{3}ed$", "past"),
    ),
    number_words=("two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"),
)
