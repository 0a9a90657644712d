//! Names, addresses and dates of birth: by the words that announce them. It must not guess at a
//! capital letter: a name that nothing announces is no name here.

use std::sync::LazyLock;

use plan::workflow::Personal;
use regex::Regex;

use super::Place;
use super::numbers::pattern;

/// One to four words with a capital, with the small words that stand within names.
const NAME: &str = r"\p{Lu}[\p{L}'’]+(?:-\p{Lu}[\p{L}'’]+)*(?:[ \t]+(?:(?:van|von|de|der|den|del|di|da|dos|la|le|ter|ten|zu|bin|al|y|e)[ \t]+){0,2}(?:\p{Lu}\.?[ \t]+)?\p{Lu}[\p{L}'’]+(?:-\p{Lu}[\p{L}'’]+)*){0,3}\b";

static NAMES: LazyLock<Vec<Regex>> = LazyLock::new(|| {
    let titles = r"(?:Mr|Mrs|Ms|Miss|Mx|Dr|Prof|Herrn?|Frau|Fr|Hr|Monsieur|Madame|Mme|Mlle|Señora?|Sra?|Sig|Sig\.ra|Signora?|Dott|Dhr|Mevr|Mevrouw|Meneer|Pan|Pani|Senhora?)";
    let greets = r"(?:Dear|Hi|Hello|Hey|Hallo|Liebe[rs]?|Guten (?:Tag|Morgen)|Sehr geehrte[rs]?|Bonjour|Ch(?:er|ère)|Hola|Estimad[oa]|Car[oa]|Gentile|Beste|Geachte|Buongiorno|Querid[oa]|Szanown[ya])";
    let leaves = r"(?:(?:[Kk]ind|[Bb]est|[Ww]arm)(?:est)? (?:regards|wishes)|[Rr]egards|Sincerely|Yours (?:truly|sincerely|faithfully)|Thanks|Thank you|Cheers|Best|Mit (?:freundlichen|besten|herzlichen) Grüßen|(?:Viele|Beste|Liebe|Freundliche|Herzliche) Grüße|Cordialement|Bien (?:à vous|cordialement)|Salutations distinguées|(?:Un |Atentos )?[Ss]aludos?|Atentamente|Cordiali saluti|Distinti saluti|Met vriendelijke groet(?:en)?|Groetjes|Pozdrawiam|Atenciosamente)";
    let labels = r"(?i:full name|first name|last name|surname|contact person|patient|employee|applicant|candidate|signed by|attn|account holder|ansprechpartner(?:in)?|vorname|nachname|kontoinhaber(?:in)?|mitarbeiter(?:in)?|z\. ?hd\.|prénom|titulaire|à l'attention de|apellidos?|titular|cognome|intestatario|voornaam|achternaam|t\.a\.v\.|imię i nazwisko)";
    // What these announce may be a thing or a firm, unless it has two names.
    let vague = r"(?i:name|contact|customer|client|kunde|kundin|nom|nombre|nome|naam|cliente)";
    let selves = r"(?i:my name is|this is|mein name ist|ich heiße|je m['’]appelle|je suis|me llamo|mi nombre es|mi chiamo|mijn naam is|ik heet|nazywam się|chamo-me)";
    let headers = r"(?:From|To|Cc|Reply-To|Von|An|De|À|Para|Da|A)";
    let keys = r"(?i:(?:first|last|full|sur|given|family|patient|employee)[_ -]?name|patient|employee|vorname|nachname|prenom|apellidos?|cognome)";
    let vague_keys =
        r"(?i:(?:customer|contact|account)?[_ -]?name|customer|contact|nom|nombre|nome|kunde)";
    [
        format!(r"\b{titles}\.?[ \t]+(?:(?:Dr|Prof)\.[ \t]+)?(?P<n>{NAME})"),
        format!(
            r"(?m)^[ \t>]*{greets}[ \t]+(?:(?i:{titles}|heer)\.?[ \t]+)?(?:(?:Dr|Prof)\.[ \t]+)?(?P<n>{NAME})"
        ),
        format!(r"\b{leaves}[,.!]?[ \t]*\r?\n[\s>]*(?P<n>{NAME})"),
        format!(r"\b{labels}[ \t]*[:=][ \t]*(?:{titles}\.?[ \t]+)?(?P<n>{NAME})"),
        format!(r"\b{selves}[ \t]+(?:{titles}\.?[ \t]+)?(?P<n>{NAME})"),
        format!(r#"(?m)^{headers}:[ \t]*"?(?P<n>{NAME})"?[ \t]*<"#),
        format!(r#""{keys}"[ \t]*:[ \t]*"(?P<n>{NAME})""#),
        format!(r"\b{vague}[ \t]*[:=][ \t]*(?P<two>{NAME})"),
        format!(r#""{vague_keys}"[ \t]*:[ \t]*"(?P<two>{NAME})""#),
    ]
    .iter()
    .filter_map(|text| pattern(text))
    .collect()
});

/// What these end in, or begin with, is a firm or an office.
static NOBODY: LazyLock<Option<Regex>> = LazyLock::new(|| {
    pattern(
        r"\b(?:GmbH|AG|KG|OHG|UG|Ltd|Limited|Inc|LLC|LLP|PLC|Plc|Corp|Corporation|Company|Co|SA|SAS|SARL|SpA|Srl|SL|BV|NV|AB|Oy|AS|Team|Support|Service|Services|Sales|Billing|Accounts?|Department|Office|Bank|Group|University|Damen|Herren|Sir|Madam|Customer|Colleagues?|All|Everyone|Kollegen|Kolleginnen|Invoice|Order|Rechnung|The|Your|You|We|Our|It)\b",
    )
});

static ADDRESSES: LazyLock<Vec<Regex>> = LazyLock::new(|| {
    let town = r"(?:,?[ \t]*\r?\n?[ \t]*(?:[A-Z]{1,2}-)?[0-9]{4,5}(?: ?[A-Z]{2})?[ \t]+\p{Lu}[\p{L}\-]+(?:[ \t]\p{Lu}[\p{L}\-]+)?)?";
    [
        r"\b[0-9]{1,5}[A-Za-z]?,?[ \t]+(?:\p{Lu}[\p{L}'’.\-]*[ \t]+){1,4}(?:Street|St|Road|Rd|Avenue|Ave|Lane|Ln|Drive|Boulevard|Blvd|Court|Close|Way|Place|Square|Terrace|Crescent|Gardens|Grove|Hill|Parade|Row|Mews)\b\.?(?:,[ \t]+(?:Apt|Flat|Unit|Suite)\.?[ \t]+[0-9A-Za-z]+)?".to_owned(),
        format!(r"(?i:\b[0-9]{{1,4}}(?:[ \t]?(?:bis|ter))?,?[ \t]+(?:rue|avenue|boulevard|chemin|impasse|allée|quai|route|cours|place)[ \t]+(?:(?:de|du|des|la|le|les|d'|l')[ \t]?){{0,3}}[\p{{L}}'’\-]+(?:[ \t][\p{{L}}'’\-]+){{0,3}}){town}"),
        format!(r"\b\p{{Lu}}[\p{{L}}\-]*(?:straße|strasse|str\.|weg|gasse|platz|allee|ring|damm|ufer|straat|laan|plein|gracht|kade|dreef|vej|gade|gatan|vägen)[ \t]+[0-9]{{1,4}}(?:[ \t]?[a-z])?\b{town}"),
        format!(r"\b\p{{Lu}}[\p{{L}}\-]+[ \t](?:Straße|Strasse|Str\.|Weg|Platz|Allee|Ring|Damm)[ \t]+[0-9]{{1,4}}[a-z]?\b{town}"),
        format!(r"\b(?:[Cc]alle|C/|[Aa]venida|Avda\.?|[Pp]aseo|[Pp]laza|[Vv]ia|[Vv]iale|[Pp]iazza|[Cc]orso|[Rr]ua|ul\.)[ \t]+[\p{{L}}'’.\-]+(?:[ \t][\p{{L}}'’.\-]+){{0,4}},?[ \t]+(?:n[º°.]?[ \t]*)?[0-9]{{1,4}}\b{town}"),
        r"\b[A-Z]{1,2}[0-9][A-Z0-9]? [0-9][ABD-HJLNP-UW-Z]{2}\b".to_owned(),
    ]
    .iter()
    .filter_map(|text| pattern(text))
    .collect()
});

static BIRTHS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let said = r"(?i:born(?: on)?|date of birth|d\.?o\.?b\.?|birth ?date|birthday|geboren(?: am)?|geb\.(?: am)?|geburtsdatum|née? le|date de naissance|fecha de nacimiento|nacid[oa] el|data di nascita|nat[oa] il|geboortedatum|geboren op|data urodzenia)";
    let day = r"(?:[0-9]{1,4}[./\-][0-9]{1,2}[./\-][0-9]{1,4}|[0-9]{1,2}(?:st|nd|rd|th|\.|º)?[ \t]+(?:de[ \t]+)?\p{L}{3,10}\.?,?[ \t]+(?:de[ \t]+)?[0-9]{4}|\p{Lu}\p{L}{2,9}[ \t]+[0-9]{1,2},?[ \t]+[0-9]{4})";
    pattern(&format!(r#"{said}"?[ \t]*[:=]?[ \t]*"?(?P<d>{day})"#))
});

pub(super) fn find(text: &str, found: &mut Vec<Place>) {
    for hit in NAMES.iter().flat_map(|form| form.captures_iter(text)) {
        let two = hit.name("two").filter(|name| name.as_str().contains([' ', '\t']));
        let Some(name) = hit.name("n").or(two) else { continue };
        let nobody = NOBODY.as_ref().is_some_and(|words| words.is_match(name.as_str()));
        if !nobody {
            found.push(Place { kind: Personal::Name, range: name.range() });
        }
    }
    for hit in ADDRESSES.iter().flat_map(|form| form.find_iter(text)) {
        found.push(Place { kind: Personal::Address, range: hit.range() });
    }
    for hit in BIRTHS.iter().flat_map(|form| form.captures_iter(text)) {
        let Some(day) = hit.name("d") else { continue };
        found.push(Place { kind: Personal::BirthDate, range: day.range() });
    }
}
