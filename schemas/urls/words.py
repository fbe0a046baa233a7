"""Path words of pages without an article, by kind of page.

Sources: menus and footers of news sites in these languages, default permalinks of WordPress, Drupal, Joomla, TYPO3,
Ghost and Blogger, and IANA's link relations.
"""

from __future__ import annotations


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


#: Pages about the site, accounts and law: never an article, never a list of articles.
SERVICE = _set(
    """
    about about-us aboutus contact contact-us contacts contactus imprint impressum legal legal-notice privacy
    privacy-policy cookie cookies cookie-policy terms terms-of-service terms-of-use terms-and-conditions disclaimer
    accessibility advertise advertising advertisement mediadaten media-kit mediakit jobs careers help faq support
    feedback sitemap site-map login log-in logout signin sign-in signup sign-up register registration account
    my-account profile password subscribe subscription subscriptions newsletter newsletters shop store cart checkout
    donate search suche rss feeds apps mobile-apps masthead editorial-policy corrections-policy syndication licensing
    wp-admin wp-login.php wp-json wp-content xmlrpc.php cdn-cgi share print email mailto comments comment reply
    datenschutz datenschutzerklaerung agb nutzungsbedingungen kontakt ueber-uns anmelden registrieren abo abonnement
    abonnieren werbung barrierefreiheit
    mentions-legales politique-de-confidentialite confidentialite conditions-generales cgu cgv contactez-nous
    a-propos qui-sommes-nous connexion inscription s-abonner abonnements plan-du-site recherche
    aviso-legal politica-de-privacidad politica-de-cookies privacidad contacto contactenos quienes-somos
    sobre-nosotros condiciones-de-uso terminos suscripcion suscribete registro publicidad buscar buscador
    politica-de-privacidade termos-de-uso contato contacte-nos fale-conosco quem-somos sobre-nos expediente assine
    cadastro anuncie busca pesquisa
    chi-siamo contatti informativa-privacy note-legali abbonati abbonamenti pubblicita cerca redazione
    colofon over-ons contacteer privacyverklaring adverteren inloggen zoeken abonneren
    om-oss kontakta-oss kontakt-oss personvern sekretesspolicy annonsera prenumerera logga-in sok sog om-os
    o-nas o-nas.html kontakt.html polityka-prywatnosci regulamin reklama szukaj prenumerata
    o-proekte reklama.html kontakty kontakti poisk pravila podpiska
    hakkimizda iletisim kunye gizlilik-politikasi kullanim-kosullari reklam arama abonelik
    tentang-kami redaksi pedoman-media-siber kontak hubungi-kami kebijakan-privasi
    """
)

#: Lists of articles by topic, author or date. Read only when configured: such lists repeat the sections, without end.
INDEX = _set(
    """
    tag tags topic topics thema themen themes theme keyword keywords label labels sujet sujets etiqueta etiquetas
    tema temas tagged argomenti argomento onderwerp onderwerpen amne emne mot-cle mots-cles
    author authors autor autoren autores auteur auteurs autore autori redaktion redakteur people profile profiles
    journalist journalists contributor contributors staff writers by user users member members forfatter
    archive archives archiv archivio archivo arquivo archief arkiv arsiv calendar kalender date
    events event veranstaltungen termine agenda
    gallery-index weather wetter meteo tiempo horoscope horoskop horoscopo games puzzles crossword quiz tv-guide
    tv-programm programme radio live-tv podcasts podcast videos
    classifieds jobs-board immobilien real-estate obituaries traueranzeigen
    """
)

#: Words in front of a section's name.
SECTION = _set(
    """
    category categories kategorie kategorien rubrik rubriken rubrique rubriques section sections seccion secciones
    secao categoria categorias catégorie ressort channel channels kanal rubric rubrics rubrika rubryka kategori
    catalog news-category
    """
)
