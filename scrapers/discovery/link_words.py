"""Words in links and queries between pages of lists. Sources: menus of news sites in the named languages."""

from __future__ import annotations


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


#: Query parameters that choose, sort or colour a list, and multiply the pages of the list without end.
FACETS = _set(
    """
    sort order orderby sortby filter filters facet facets view display layout limit per_page perpage pagesize
    lang locale theme print format from to start end date day month year week min max price color size q query s
    search keyword keywords replytocom share action redirect redirect_to return returnurl session sid phpsessid
    jsessionid
    """
)

#: Query parameters with the page number of a list or an article.
PAGE_PARAMETERS = _set("page p paged pg pagina seite offset start pageno page_no pagenum currentpage")

#: Query parameters with the number of an article.
ID_PARAMETERS = _set("id aid nid sid artid articleid article_id storyid story_id newsid news_id idx idxno no p docid")

#: Path words before a page number: /page/2/, /seite-2, /2.
PAGE_WORDS = r"(?:page|seite|pagina|página|pag|sida|side|strona|stranica|sayfa|halaman|p)"

#: Whole texts of links to the next page of a list.
NEXT_TEXTS = frozenset(
    {
        "next", "next page", "next »", "next ›", "next >", "next →", "older posts", "older", "« older entries",
        "← older posts", "more", "load more", "show more", "more news",
        "weiter", "nächste", "nächste seite", "ältere beiträge", "mehr", "mehr laden",
        "suivant", "page suivante", "suivante", "articles plus anciens", "plus",
        "siguiente", "página siguiente", "entradas antiguas", "más",
        "próxima", "próxima página", "seguinte", "mais antigas", "próximo",
        "successiva", "avanti", "pagina successiva", "articoli precedenti",
        "volgende", "volgende pagina", "nästa", "neste", "næste", "seuraava",
        "następna", "następna strona", "dalej", "další", "ďalšie", "következő", "următoarea",
        "далее", "следующая", "вперед", "вперёд", "следующая страница", "наступна", "далі", "следваща",
        "sonraki", "sonraki sayfa", "επόμενη", "selanjutnya", "berikutnya", "tiếp", "trang sau",
        "次へ", "次のページ", "次", "下一页", "下一頁", "下页", "다음", "다음 페이지",
        "التالي", "الصفحة التالية", "التالى", "بعدی", "הבא", "अगला", "ถัดไป",
        "»", "›", ">", ">>", "→",
    }
)  # fmt: skip
