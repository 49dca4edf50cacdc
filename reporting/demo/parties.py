"""Who takes part in the demo network, as plain data. Names are invented; hosts end in .example and lead nowhere."""

from dataclasses import dataclass
from typing import Final

PASSWORD: Final = "peyvand-demo"  # noqa: S105  shown by `make run`; the demo only runs on one's own machine


@dataclass(frozen=True, slots=True)
class Party:
    key: str
    name: str
    person: str
    email: str
    language: str = "en"
    currency: str = "USD"
    country: str = ""
    time_zone: str = "UTC"
    website: str = ""
    about: str = ""


@dataclass(frozen=True, slots=True)
class Rate:
    """Flat in millionths of a minor unit (for impressions: per thousand), percent in basis points."""

    goal: str
    flat_micro: int = 0
    percent: int = 0


@dataclass(frozen=True, slots=True)
class CampaignParty:
    key: str
    advertiser: str
    name: str
    objective: str
    description: str
    terms: str
    landing_url: str
    validation_days: int
    window_days: int
    rates: tuple[Rate, ...]
    later_rates: tuple[Rate, ...] = ()
    """A second plan version, in force since ten days ago."""
    colours: tuple[str, str] = ("#0f766e", "#f0fdfa")
    slogan: str = ""
    top_up: int = 0
    """What the advertiser paid in, in minor units."""
    attribution_model: str = "last_click"
    view_window_hours: int = 0


@dataclass(frozen=True, slots=True)
class PublisherParty:
    party: Party
    kind: str
    description: str
    audience: str
    properties: tuple[tuple[str, str, str, int], ...]  # kind, name, address, visitors a month
    joins: tuple[str, ...] = ()
    applies: tuple[str, ...] = ()
    daily_clicks: int = 20
    conversion_factor: float = 1.0


@dataclass(frozen=True, slots=True)
class CouponParty:
    code: str
    campaign: str
    description: str
    publisher: str = ""
    is_exclusive: bool = False
    orders_without_click: int = 0
    """In thirty days: the code was heard or read, nothing was clicked."""


TEHRAN: Final = {"language": "fa", "currency": "IRR", "country": "IR", "time_zone": "Asia/Tehran"}
TOMAN: Final = 10  # rials
MICRO: Final = 1_000_000

NETWORK: Final = Party("network", "Peyvand", "Nima Karimi", "nima@peyvand.example", time_zone="Asia/Tehran")
AGENCY: Final = Party(
    "karvan",
    "Karvan Partners",
    "Otto Lindqvist",
    "otto@karvan.example",
    country="SE",
    website="https://karvan.example",
    about="Outsourced programme management for retailers in Europe and the Middle East.",
)
CLIENTS: Final = ("niloufar", "fjellborg")
"""The advertisers that gave the agency a mandate."""

ADVERTISERS: Final = (
    Party(
        "fjellborg",
        "Fjellborg Outdoor",
        "Ada Fjellborg",
        "ada@fjellborg.example",
        country="NO",
        time_zone="Europe/Oslo",
        website="https://fjellborg.example",
        about="Tents, boots and packs for people who go out in any weather.",
    ),
    Party(
        "niloufar",
        "فروشگاه نیلوفر",
        "نیلوفر رستمی",
        "niloufar@niloufar.example",
        website="https://niloufar.example",
        about="پوشاک و اکسسوری ایرانی با ارسال به سراسر کشور.",
        **TEHRAN,
    ),
    Party(
        "aram",
        "بیمهٔ آرام",
        "آرش محمدی",
        "arash@aram.example",
        website="https://aram.example",
        about="مقایسه و خرید آنلاین بیمهٔ خودرو و درمان.",
        **TEHRAN,
    ),
    Party(
        "parlo",
        "Parlo",
        "Lena Brandt",
        "lena@parlo.example",
        currency="EUR",
        country="DE",
        time_zone="Europe/Berlin",
        website="https://parlo.example",
        about="Ten minutes of a new language a day, on your phone.",
    ),
)

CAMPAIGNS: Final = (
    CampaignParty(
        "outdoor",
        "fjellborg",
        "Fjellborg Autumn",
        "sales",
        "Earn on every order from our autumn range. Average order 120 dollars, free returns within 30 days.",
        "No bidding on our brand name. Coupon codes only when we gave them to you.",
        "https://fjellborg.example/autumn",
        14,
        30,
        (Rate("sale", percent=700), Rate("impression", flat_micro=80 * MICRO)),
        (Rate("sale", flat_micro=100 * MICRO, percent=800), Rate("impression", flat_micro=80 * MICRO)),
        ("#14532d", "#f7fee7"),
        "Go out. Stay dry.",
        4_000_000,
        view_window_hours=24,
    ),
    CampaignParty(
        "fashion",
        "niloufar",
        "پاییز نیلوفر",
        "sales",
        "پورسانت از هر سفارش قطعی مجموعهٔ پاییزه. میانگین سبد خرید حدود دو میلیون تومان است.",
        "تبلیغ کلیکی روی نام برند نیلوفر مجاز نیست.",
        "https://niloufar.example/autumn",
        10,
        30,
        (Rate("sale", percent=900), Rate("click", flat_micro=400 * TOMAN * MICRO)),
        (Rate("sale", percent=1000), Rate("click", flat_micro=400 * TOMAN * MICRO)),
        ("#9d174d", "#fdf2f8"),
        "پاییز، به رنگ نیلوفر",
        9_000_000_000,
        attribution_model="coupon_first",
    ),
    CampaignParty(
        "insurance",
        "aram",
        "استعلام بیمهٔ خودرو",
        "leads",
        "برای هر استعلام کامل بیمهٔ خودرو مبلغ ثابت می‌پردازیم.",
        "استعلام با اطلاعات ساختگی یا تکراری رد می‌شود.",
        "https://aram.example/car",
        7,
        15,
        (Rate("lead", flat_micro=85_000 * TOMAN * MICRO),),
        (),
        ("#1e3a8a", "#eff6ff"),
        "بیمه‌ات را مقایسه کن",
        3_000_000_000,
    ),
    CampaignParty(
        "language",
        "parlo",
        "Parlo app installs",
        "installs",
        "A fixed amount for each first install, and more when the learner starts a trial.",
        "No incentivised installs.",
        "https://parlo.example/get",
        7,
        7,
        (Rate("install", flat_micro=180 * MICRO), Rate("lead", flat_micro=350 * MICRO)),
        (),
        ("#6d28d9", "#f5f3ff"),
        "Bonjour, tomorrow.",
        1_200_000,
    ),
)

COUPONS: Final = (
    CouponParty("WELCOME5", "fashion", "۵٪ برای نخستین خرید، برای همه"),
    CouponParty("PAEEZ10", "fashion", "۱۰٪ تخفیف مجموعهٔ پاییزه", "takhfif", orders_without_click=14),
    CouponParty("SARA15", "fashion", "۱۵٪ برای دنبال‌کنندگان سارا", "sara", is_exclusive=True, orders_without_click=22),
    CouponParty(
        "TRAIL20", "outdoor", "20 dollars off orders over 150", "trail", is_exclusive=True, orders_without_click=9
    ),
)

PUBLISHERS: Final = (
    PublisherParty(
        Party(
            "trail",
            "The Trail Letter",
            "Pia Moreau",
            "pia@trailletter.example",
            country="FR",
            time_zone="Europe/Paris",
            website="https://trailletter.example",
        ),
        "blog",
        "Weekly stories and gear tests for hikers; banners in articles, one sponsored link per letter.",
        "62,000 readers in Europe and North America, mostly 28 to 45",
        (("blog", "The Trail Letter", "https://trailletter.example", 62_000),),
        ("outdoor", "language"),
        daily_clicks=33,
        conversion_factor=1.2,
    ),
    PublisherParty(
        Party(
            "takhfif",
            "تخفیف‌جو",
            "مریم احمدی",
            "maryam@takhfifjoo.example",
            website="https://takhfifjoo.example",
            **TEHRAN,
        ),
        "coupon",
        "معرفی روزانهٔ تخفیف فروشگاه‌های آنلاین در سایت و کانال.",
        "ماهانه ۴۸۰ هزار بازدید، بیشتر خانم‌های ۲۰ تا ۴۰ ساله",
        (
            ("coupon", "تخفیف‌جو", "https://takhfifjoo.example", 480_000),
            ("social", "کانال تخفیف‌جو", "https://takhfifjoo.example/channel", 95_000),
        ),
        ("fashion", "insurance"),
        daily_clicks=61,
        conversion_factor=1.3,
    ),
    PublisherParty(
        Party(
            "sara", "سارا مدیا", "سارا نوری", "sara@saramedia.example", website="https://saramedia.example", **TEHRAN
        ),
        "influencer",
        "معرفی استایل روزانه با استوری و ویدیو.",
        "۲۱۰ هزار دنبال‌کننده",
        (("influencer", "سارا استایل", "https://saramedia.example/style", 210_000),),
        ("fashion", "insurance"),
        daily_clicks=30,
        conversion_factor=0.8,
    ),
    PublisherParty(
        Party(
            "gheymat",
            "قیمت‌سنج",
            "رضا کاظمی",
            "reza@gheymatsanj.example",
            website="https://gheymatsanj.example",
            **TEHRAN,
        ),
        "comparison",
        "اپ و سایت مقایسهٔ قیمت بیمه و کالا.",
        "ماهانه ۳۰۰ هزار کاربر",
        (
            ("comparison", "قیمت‌سنج", "https://gheymatsanj.example", 300_000),
            ("app", "اپ قیمت‌سنج", "https://gheymatsanj.example/app", 120_000),
        ),
        ("insurance",),
        ("fashion",),
        daily_clicks=44,
    ),
    PublisherParty(
        Party(
            "bench",
            "Reviewbench",
            "Tom Okafor",
            "tom@reviewbench.example",
            country="GB",
            time_zone="Europe/London",
            website="https://reviewbench.example",
        ),
        "review",
        "Long-term tests of boots, packs and stoves, with price links under each verdict.",
        "140,000 visitors a month, United Kingdom and Ireland",
        (("review", "Reviewbench", "https://reviewbench.example", 140_000),),
        ("outdoor",),
        daily_clicks=41,
        conversion_factor=1.1,
    ),
    PublisherParty(
        Party(
            "backly",
            "Backly",
            "Jonas Weber",
            "jonas@backly.example",
            currency="EUR",
            country="DE",
            time_zone="Europe/Berlin",
            website="https://backly.example",
        ),
        "cashback",
        "Members get half of what we earn back.",
        "31,000 members in Germany and Austria",
        (("cashback", "Backly", "https://backly.example", 31_000),),
        ("language",),
        ("outdoor",),
        daily_clicks=25,
        conversion_factor=1.6,
    ),
)

APPLICANTS: Final = (
    (
        "publisher",
        Party("newsletter", "Morning Crumbs", "Ines Duarte", "ines@crumbs.example", country="PT", currency="EUR"),
    ),
    ("advertiser", Party("ketab", "کتاب‌سرای بهار", "بهار صادقی", "bahar@ketab.example", **TEHRAN)),
)
"""Organizations that wait for the network to vet them."""
