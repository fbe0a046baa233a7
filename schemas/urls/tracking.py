"""Query parameters that tell where a reader came from and never choose the article, grouped by their origin.

Names are compared in lower case. All other parameters stay, for they may choose the article.
"""

from __future__ import annotations

#: Beginnings of names.
TRACKING_PREFIXES: tuple[str, ...] = (
    "utm_",  # Urchin/Google Analytics campaigns: support.google.com/analytics/answer/1033863
    "mtm_", "matomo_", "pk_", "piwik_",  # Matomo campaigns: matomo.org/faq/reports/what-is-campaign-tracking
    "hsa_", "_hs",  # HubSpot ads and e-mail: knowledge.hubspot.com
    "at_campaign", "at_custom", "at_medium", "at_link", "at_bbc_", "at_ptr_",  # Piano (AT Internet) campaigns
    "oly_",  # Omeda Olytics newsletters: training.omeda.com
    "vero_",  # Vero e-mail: help.getvero.com
    "wt_",  # Mapp/Webtrekk campaigns: docs.mapp.com
    "fb_action_", "fb_source", "fb_ref",  # Facebook Open Graph actions: developers.facebook.com
)  # fmt: skip

#: Whole names.
TRACKING_NAMES: frozenset[str] = frozenset(
    {
        # click identifiers of advertising networks (github.com/brave/brave-browser/wiki/Query-String-Filter)
        "gclid", "gclsrc", "dclid", "gbraid", "wbraid", "gad_source", "gad_campaignid", "srsltid",  # Google
        "fbclid", "mibextid",  # Facebook
        "msclkid",  # Microsoft
        "twclid",  # X
        "ttclid",  # TikTok
        "li_fat_id",  # LinkedIn
        "igshid", "igsh",  # Instagram
        "yclid", "ysclid", "_openstat",  # Yandex
        "epik",  # Pinterest
        "rdt_cid",  # Reddit
        "wickedid", "irclickid", "s_kwcid", "ef_id", "vmcid",  # Wicked Reports, Impact, Adobe, Yahoo
        # newsletters and marketing mail
        "mc_cid", "mc_eid",  # Mailchimp
        "mkt_tok",  # Marketo
        "ck_subscriber_id",  # Kit
        "sc_channel", "sc_campaign", "sc_lid", "sc_uid", "sc_src", "sc_llid",  # Emarsys
        "cmpid", "ns_campaign", "ns_mchannel", "ns_source", "ns_linkname", "ns_fee",  # comScore
        "smid", "smtyp", "ocid", "icid", "ito", "xtor", "trk", "trkcampaign",  # publishers' own campaign names
        # measurement
        "_ga", "_gl",  # Google Analytics linker: support.google.com/analytics/answer/10071811
        "guccounter", "guce_referrer", "guce_referrer_sig",  # Yahoo's consent redirect
        "spm", "scm",  # Alibaba
        "share_source", "share_medium", "sharetype", "__twitter_impression", "ref_src", "ref_url",  # share buttons
        "soc_src", "soc_trk",  # Yahoo shares
    }
)  # fmt: skip


def is_tracking(name: str) -> bool:
    """Return whether the query parameter `name` is used for tracking only."""
    name = name.lower()
    return name in TRACKING_NAMES or name.startswith(TRACKING_PREFIXES)
