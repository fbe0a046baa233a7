"""Small fictional newsrooms in ten languages, each in the encoding its country used before UTF-8.

A story is some sentences of its newsroom in an order of its own, so that no two are the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tests.sites.site import Site


@dataclass(frozen=True)
class Newsroom:
    """A language, an encoding, headlines, and sentences to fill stories with."""

    language: str
    encoding: str
    section: str
    headlines: Sequence[str]
    sentences: Sequence[str]

    def story(self, number: int, head: str = "", body: str = "", parts: Sequence[str] = ()) -> bytes:
        """The page of story `number`; `parts` take the place of its paragraphs."""
        title = self.headlines[number % len(self.headlines)]
        turned = [*self.sentences[number % 3 :], *self.sentences[: number % 3]]
        joined = "" if self.language in ("ja", "zh-Hans", "zh-Hant") else " "
        paragraphs = parts or [joined.join(turned[at : at + 2]) for at in range(0, len(turned), 2)]
        text = "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)
        return self.page(f"<article><h1>{title}</h1>{text}</article>{body}", title, head)

    def page(self, body: str, title: str = "", head: str = "") -> bytes:
        """A page in the newsroom's encoding, which only its meta tag declares."""
        html = (
            f'<!doctype html><html lang="{self.language}"><head><meta charset="{self.encoding}">'
            f"<title>{title or self.section}</title>{head}</head><body>{body}</body></html>"
        )
        return html.encode(self.encoding)

    def links(self, numbers: Sequence[int], path: str) -> str:
        """A list of teasers; `path` holds `{}` for the number."""
        return "".join(
            f'<article><h2><a href="{path.format(n)}">{self.headlines[n % len(self.headlines)]}</a></h2></article>'
            for n in numbers
        )

    def publish(self, site: Site, path: str, content: bytes) -> None:
        """Put a page of this newsroom at `path`, sent without a charset."""
        site.publish(path, content, content_type="text/html")

    def publish_stories(self, site: Site, numbers: Sequence[int], path: str) -> dict[str, str]:
        """Publish stories; returns path -> headline."""
        for number in numbers:
            self.publish(site, path.format(number), self.story(number))
        return {path.format(number): self.headlines[number % len(self.headlines)] for number in numbers}


RUSSIAN = Newsroom(
    "ru",
    "windows-1251",
    "Новости",
    ["Новый мост через реку открыли после трёх лет работ", "Библиотека вернула читальный зал жителям посёлка",
     "Паром снова ходит между берегами по вечерам", "Школьники посадили сорок яблонь у старой пристани"],
    ["Жители посёлка Берёзовка собрались на набережной задолго до начала церемонии.",
     "По словам инженеров, опоры выдержат самый высокий паводок за последние сто лет.",
     "Глава района пообещал, что осенью отремонтируют и дорогу к железнодорожной станции.",
     "Торговцы с правого берега надеются, что покупателей теперь станет заметно больше.",
     "Первым по мосту проехал автобус, за рулём которого сидел водитель с тридцатилетним стажем.",
     "Вечером на площади играл оркестр, а дети запускали бумажные кораблики по воде."],
)  # fmt: skip
POLISH = Newsroom(
    "pl",
    "iso-8859-2",
    "Wiadomości",
    ["Most na Wiśle otwarto po trzech latach przebudowy", "Biblioteka odzyskała czytelnię przy rynku",
     "Prom znów kursuje wieczorami między brzegami", "Uczniowie posadzili czterdzieści jabłoni nad rzeką"],
    ["Mieszkańcy Łęgowa zebrali się na nabrzeżu na długo przed początkiem uroczystości.",
     "Inżynierowie zapewniają, że filary wytrzymają największą powódź ostatnich stu lat.",
     "Burmistrz obiecał, że jesienią zostanie naprawiona także droga do stacji kolejowej.",
     "Sklepikarze z prawego brzegu liczą na to, że klientów będzie teraz znacznie więcej.",
     "Jako pierwszy przejechał autobus prowadzony przez kierowcę z trzydziestoletnim stażem.",
     "Wieczorem na placu grała orkiestra, a dzieci puszczały po wodzie papierowe łódki."],
)  # fmt: skip
KOREAN = Newsroom(
    "ko",
    "euc-kr",
    "뉴스",
    ["강을 건너는 새 다리 삼 년 공사 끝에 개통", "마을 도서관 열람실 주민 품으로 돌아오다",
     "저녁 나룻배 다시 두 마을을 오간다", "학생들 옛 나루터에 사과나무 마흔 그루 심어"],
    ["주민들은 기념식이 시작되기 훨씬 전부터 강변에 모여 새 다리를 바라보았다.",
     "기술자들은 교각이 지난 백 년 동안 가장 큰 홍수도 견딜 수 있다고 설명했다.",
     "군수는 가을에 기차역으로 가는 도로도 고치겠다고 주민들에게 약속했다.",
     "강 건너편 상인들은 앞으로 손님이 훨씬 더 많아질 것으로 기대하고 있다.",
     "다리를 처음 건넌 것은 삼십 년 경력의 기사가 운전하는 마을 버스였다.",
     "저녁에는 광장에서 악단이 연주했고 아이들은 종이배를 물에 띄웠다."],
)  # fmt: skip
CHINESE = Newsroom(
    "zh-Hans",
    "gb18030",
    "新闻",
    ["跨河新桥历时三年改建后正式通车",
     "镇图书馆阅览室重新向居民开放",
     "晚间渡船恢复往返两岸",
     "学生在旧码头种下四十棵苹果树"],
    ["居民们在典礼开始之前很久就聚集在河边，等待新桥开放的那一刻。",
     "工程师表示，桥墩可以承受近一百年来最大的洪水冲击。",
     "镇长承诺，今年秋天还将修复通往火车站的那一段老路。",
     "对岸的商户希望，从今以后来买东西的客人会比过去多得多。",
     "第一辆驶过大桥的是一辆公交车，司机已经在这条线路上工作了三十年。",
     "傍晚时分，乐队在广场上演奏，孩子们把纸船放进水里。"],
)  # fmt: skip
TAIWANESE = Newsroom(
    "zh-Hant",
    "big5",
    "新聞",
    ["跨河新橋歷時三年改建後正式通車",
     "鎮圖書館閱覽室重新向居民開放",
     "晚間渡船恢復往返兩岸",
     "學生在舊碼頭種下四十棵蘋果樹"],
    ["居民們在典禮開始之前很久就聚集在河邊，等待新橋開放的那一刻。",
     "工程師表示，橋墩可以承受近一百年來最大的洪水衝擊。",
     "鎮長承諾，今年秋天還將修復通往火車站的那一段老路。",
     "對岸的商戶希望，從今以後來買東西的客人會比過去多得多。",
     "第一輛駛過大橋的是一輛公車，司機已經在這條路線上工作了三十年。",
     "傍晚時分，樂隊在廣場上演奏，孩子們把紙船放進水裡。"],
)  # fmt: skip
GREEK = Newsroom(
    "el",
    "iso-8859-7",
    "Ειδήσεις",
    ["Η νέα γέφυρα άνοιξε ύστερα από τρία χρόνια έργων", "Η βιβλιοθήκη ξαναβρήκε το αναγνωστήριό της",
     "Το βραδινό πορθμείο ταξιδεύει ξανά", "Μαθητές φύτεψαν σαράντα μηλιές δίπλα στο ποτάμι"],
    ["Οι κάτοικοι μαζεύτηκαν στην προκυμαία πολύ πριν αρχίσει η τελετή των εγκαινίων.",
     "Οι μηχανικοί λένε ότι οι πυλώνες θα αντέξουν τη μεγαλύτερη πλημμύρα των εκατό ετών.",
     "Ο δήμαρχος υποσχέθηκε ότι το φθινόπωρο θα επισκευαστεί και ο δρόμος προς τον σταθμό.",
     "Οι έμποροι της απέναντι όχθης ελπίζουν ότι οι πελάτες θα γίνουν τώρα περισσότεροι.",
     "Πρώτο πέρασε ένα λεωφορείο, με οδηγό που εργάζεται στη γραμμή εδώ και τριάντα χρόνια.",
     "Το βράδυ έπαιξε η ορχήστρα στην πλατεία και τα παιδιά έριξαν χάρτινα καράβια στο νερό."],
)  # fmt: skip
FRENCH = Newsroom(
    "fr",
    "iso-8859-1",
    "Actualités",
    ["Le nouveau pont ouvre après trois années de travaux", "La bibliothèque retrouve sa salle de lecture",
     "Le bac du soir relie à nouveau les deux rives", "Des élèves plantent quarante pommiers près du fleuve"],
    ["Les habitants s'étaient réunis sur le quai bien avant le début de la cérémonie.",
     "Selon les ingénieurs, les piles résisteront à la plus forte crue de ces cent dernières années.",
     "Le maire a promis que la route de la gare serait elle aussi réparée à l'automne.",
     "Les commerçants de la rive droite espèrent accueillir désormais bien plus de clients.",
     "Le premier à traverser fut un autobus, conduit par un chauffeur en poste depuis trente ans.",
     "Le soir, l'orchestre a joué sur la place et les enfants ont lancé des bateaux de papier."],
)  # fmt: skip
TURKISH = Newsroom(
    "tr",
    "windows-1254",
    "Haberler",
    ["Yeni köprü üç yıllık çalışmanın ardından açıldı", "Kütüphane okuma salonuna yeniden kavuştu",
     "Akşam feribotu iki yakayı yeniden bağlıyor", "Öğrenciler nehir kıyısına kırk elma ağacı dikti"],
    ["Kasaba halkı törenin başlamasından çok önce rıhtımda toplanıp köprüyü bekledi.",
     "Mühendislere göre ayaklar son yüz yılın en büyük taşkınına bile dayanabilecek.",
     "Belediye başkanı istasyona giden yolun da sonbaharda onarılacağına söz verdi.",
     "Karşı kıyının esnafı bundan sonra müşterilerin çok daha fazla olmasını umuyor.",
     "Köprüden ilk geçen, otuz yıldır bu hatta çalışan şoförün kullandığı otobüs oldu.",
     "Akşam meydanda bando çaldı, çocuklar da suya kâğıttan gemiler bıraktı."],
)  # fmt: skip
ENGLISH = Newsroom(
    "en",
    "utf-8",
    "News",
    ["New bridge opens to traffic after three years of work", "Library wins back its reading room on the square",
     "Evening ferry links both banks of the river again", "Pupils plant forty apple trees beside the old quay"],
    ["The people of Almera had gathered on the quay long before the ceremony was due to begin.",
     "Engineers say that the pillars will stand up to the worst flood of the past hundred years.",
     "The mayor promised that the road to the railway station would be mended in the autumn too.",
     "Shopkeepers on the far bank hope that they will see a good many more customers from now on.",
     "First across was a bus, driven by a man who has worked on that line for thirty years.",
     "In the evening the band played on the square and children set paper boats on the water."],
)  # fmt: skip
GERMAN = Newsroom(
    "de",
    "iso-8859-15",
    "Nachrichten",
    ["Neue Brücke nach drei Jahren Bauzeit für den Verkehr geöffnet", "Bücherei erhält ihren Lesesaal zurück",
     "Abendfähre verbindet wieder beide Ufer des Flusses", "Schüler pflanzen vierzig Apfelbäume am alten Kai"],
    ["Die Bewohner von Mühlbach hatten sich lange vor Beginn der Feier am Kai versammelt.",
     "Nach Angaben der Ingenieure halten die Pfeiler dem höchsten Hochwasser seit hundert Jahren stand.",
     "Der Bürgermeister versprach, dass im Herbst auch die Straße zum Bahnhof ausgebessert wird.",
     "Die Händler am anderen Ufer hoffen, dass von nun an deutlich mehr Kunden zu ihnen kommen.",
     "Als Erster fuhr ein Bus hinüber, am Steuer ein Fahrer, der seit dreißig Jahren dabei ist.",
     "Am Abend spielte die Kapelle auf dem Platz, und Kinder ließen Schiffchen aus Papier schwimmen."],
)  # fmt: skip
