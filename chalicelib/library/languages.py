"""Languages that a user may choose for a document, and the standard form of their tags (BCP 47).

The parsers' library knows all languages, but the API's function does not have it.
"""

from __future__ import annotations

import re

MAX_TAG_CHARACTERS = 35  # RFC 5646, 4.4.1
_TAG = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{1,8}){0,4}")
_REGION, _SCRIPT = re.compile(r"[a-z]{2}|[0-9]{3}"), re.compile(r"[a-z]{4}")

_ISO_639_1 = """
    aa ab ae af ak am an ar as av ay az ba be bg bi bm bn bo br bs ca ce ch co cr cs cu cv cy da de dv dz ee el en eo es
    et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz ia id ie ig ii ik io is it iu ja jv ka kg ki
    kj kk kl km kn ko kr ks ku kv kw ky la lb lg li ln lo lt lu lv mg mh mi mk ml mn mr ms mt my na nb nd ne ng nl nn no
    nr nv ny oc oj om or os pa pi pl ps pt qu rm rn ro ru rw sa sc sd se sg si sk sl sm sn so sq sr ss st su sv sw ta te
    tg th ti tk tl tn to tr ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi yo za zh zu
"""
# Without a code in ISO 639-1, but with a literature, a newspaper or a million speakers (ISO 639-3).
_OTHERS = """
    ace ary arz ast awa bal ban bar bcl bem bho brx bua ceb ckb cmn crh csb doi dsb fil fon frp frr fur gom grc gsw guw
    haw hbo hmn hne hrx hsb ilo kab kbd kok krc krl ksh lad lij lmo ltg luo lus lzh mag mai mak min mni mnw mwl mzn nan
    nap nds nov nso pag pam pap pcm pdc pms qug rom rue sah sat sco sdc sdh shn srn stq swg szl tcy tet tlh tpi tum tyv
    udm vec vep vls wae war wuu xal xmf yue zza
"""
# Other codes of the same languages: those of ISO 639-2, and former ones.
_OTHER_CODES = """
    aar:aa abk:ab adp:dz afr:af aka:ak alb:sq amh:am ara:ar arg:an arm:hy asm:as ava:av ave:ae aym:ay aze:az bak:ba bam:bm
    baq:eu bel:be ben:bn bih:bh bis:bi bod:bo bos:bs bre:br bul:bg bur:my cat:ca ces:cs cha:ch che:ce chi:zh chu:cu chv:cv
    cor:kw cos:co cre:cr cym:cy cze:cs dan:da deu:de div:dv drh:mn dut:nl dzo:dz ell:el eng:en epo:eo est:et eus:eu ewe:ee
    fao:fo fas:fa fij:fj fin:fi fra:fr fre:fr fry:fy ful:ff geo:ka ger:de gla:gd gle:ga glg:gl glv:gv gre:el grn:gn guj:gu
    hat:ht hau:ha heb:he her:hz hin:hi hmo:ho hrv:hr hun:hu hye:hy ibo:ig ice:is ido:io iii:ii iku:iu ile:ie ina:ia ind:id
    ipk:ik isl:is ita:it jav:jv jpn:ja kal:kl kan:kn kas:ks kat:ka kau:kr kaz:kk khm:km kik:ki kin:rw kir:ky kom:kv kon:kg
    kor:ko kua:kj kur:ku lao:lo lat:la lav:lv lim:li lin:ln lit:lt ltz:lb lub:lu lug:lg mac:mk mah:mh mal:ml mao:mi mar:mr
    may:ms mkd:mk mlg:mg mlt:mt mol:ro mon:mn mri:mi msa:ms mya:my nau:na nav:nv nbl:nr nde:nd ndo:ng nep:ne nld:nl nno:nn
    nob:nb nor:no nya:ny oci:oc oji:oj ori:or orm:om oss:os pan:pa per:fa pli:pi pol:pl por:pt pus:ps que:qu roh:rm ron:ro
    rum:ro run:rn rus:ru sag:sg san:sa scc:sr scr:hr sin:si slk:sk slo:sk slv:sl sme:se smo:sm sna:sn snd:sd som:so sot:st
    spa:es sqi:sq srd:sc srp:sr ssw:ss sun:su swa:sw swe:sv tah:ty tam:ta tat:tt tel:te tgk:tg tha:th tib:bo tir:ti ton:to
    tsn:tn tso:ts tuk:tk tur:tr twi:tw uig:ug ukr:uk urd:ur uzb:uz ven:ve vie:vi vol:vo wel:cy wln:wa wol:wo xho:xh yid:yi
    yor:yo zha:za zho:zh zul:zu iw:he in:id ji:yi mo:ro sh:sr jw:jv
"""
_CODES = frozenset((_ISO_639_1 + _OTHERS).split())
_STANDARD_CODES = dict(pair.split(":") for pair in _OTHER_CODES.split())


def standardize(tag: str) -> str | None:
    """Return the standard form of a language tag ("GER" is "de", "pt_br" is "pt-BR"); None if it names no known language."""
    if len(tag) > MAX_TAG_CHARACTERS or not _TAG.fullmatch(tag):
        return None
    code, *subtags = tag.replace("_", "-").lower().split("-")
    code = _STANDARD_CODES.get(code, code)
    return "-".join([code, *map(_standardize_subtag, subtags)]) if code in _CODES else None


def _standardize_subtag(subtag: str) -> str:
    if _REGION.fullmatch(subtag):
        return subtag.upper()
    return subtag.title() if _SCRIPT.fullmatch(subtag) else subtag
