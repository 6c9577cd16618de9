"""What to do about an error, in English and Chinese.

`table.py` holds every sentence, `find.py` chooses one for an error, `language.py` the language, and
`teach.py` gives it to an error that leaves a client. A vendor's own hint
stands in the vendor's folder. A vendor's message is never translated.
"""

from cncoding.hints.find import find_hint, remedy
from cncoding.hints.language import Language, choose_language, say
from cncoding.hints.teach import speaking, teach

__all__ = ["Language", "choose_language", "find_hint", "remedy", "say", "speaking", "teach"]
