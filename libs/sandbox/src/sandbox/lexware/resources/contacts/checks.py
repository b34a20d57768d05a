"""What makes Lexware Office refuse a contact."""

import re
from typing import Any

from sandbox.lexware.errors import Issue, issue
from sandbox.lexware.resources.countries import COUNTRY_CODES

_EMAIL = re.compile(r"[^@\s,;<>\"()]+@[^@\s,;<>\"()]+\.[^@\s,;<>\"().]{2,}")
_VAT_ID = re.compile(
    r"ATU\d{8}|BE[01]\d{9}|BG\d{9,10}|CY\d{8}[A-Z]|CZ\d{8,10}|DE\d{9}|DK\d{8}|EE\d{9}|EL\d{9}"
    r"|ES[A-Z0-9]\d{7}[A-Z0-9]|FI\d{8}|FR[A-Z0-9]{2}\d{9}|HR\d{11}|HU\d{8}|IE\d[A-Z0-9+*]\d{5}[A-Z]{1,2}"
    r"|IT\d{11}|LT(\d{9}|\d{12})|LU\d{8}|LV\d{11}|MT\d{8}|NL\d{9}B\d{2}|PL\d{10}|PT\d{9}|RO\d{2,10}"
    r"|SE\d{12}|SI\d{8}|SK\d{10}|XI\d{9}|GB\d{9}|CHE\d{9}(MWST|TVA|IVA)?"
)
_PHONE = re.compile(r"[0-9 ()+/-]{1,30}")
_EMAIL_LISTS = ("business", "office", "private", "other")
_PHONE_LISTS = ("business", "office", "mobile", "private", "fax", "other")


def contact_issues(body: dict[str, Any], *, check_phones: bool) -> list[Issue]:
    """Return every reason why a contact must be refused."""
    return [
        *(_phone_issues(body) if check_phones else ()),
        *_role_issues(body.get("roles")),
        *_party_issues(body),
        *_address_issues(body.get("addresses")),
        *_email_issues(body.get("emailAddresses")),
        *_list_issues("phoneNumbers", body.get("phoneNumbers"), _PHONE_LISTS),
        *_xrechnung_issues(body.get("xRechnung")),
        *_text_issues("note", body.get("note"), 1000),
    ]


def _role_issues(roles: Any) -> list[Issue]:
    if not isinstance(roles, dict) or not any(isinstance(roles.get(r), dict) for r in ("customer", "vendor")):
        return [issue("missing_entity", "roles.customer or roles.vendor")]
    return []


def _party_issues(body: dict[str, Any]) -> list[Issue]:
    company, person = body.get("company"), body.get("person")
    if company is None and person is None:
        return [issue("missing_entity", "company or person")]
    if company is not None and person is not None:
        return [issue("invalid_value", "company and person")]
    if person is not None:
        return _person_issues("person", person)
    if not isinstance(company, dict):
        return [issue("invalid_value", "company")]
    return _company_issues(company)


def _company_issues(company: dict[str, Any]) -> list[Issue]:
    issues = _required("company.name", company.get("name"))
    vat_id = company.get("vatRegistrationId")
    if vat_id is not None and not (isinstance(vat_id, str) and _VAT_ID.fullmatch(vat_id.upper())):
        issues.append(issue("regex_mismatch", "company.vatRegistrationId"))
    if not isinstance(company.get("allowTaxFreeInvoices"), bool | None):
        issues.append(issue("invalid_value", "company.allowTaxFreeInvoices"))
    persons = company.get("contactPersons") or []
    if not isinstance(persons, list) or len(persons) > 1:
        return [*issues, issue("invalid_value", "company.contactPersons.size")]
    for person in persons:
        issues += _person_issues("company.contactPersons[0]", person)
        email = person.get("emailAddress") if isinstance(person, dict) else None
        if email not in (None, "") and not _is_email(email):
            issues.append(issue("invalid_value", "company.contactPersons[0].emailAddress"))
    return issues


def _person_issues(source: str, person: Any) -> list[Issue]:
    if not isinstance(person, dict):
        return [issue("invalid_value", source)]
    return [
        *_required(f"{source}.lastName", person.get("lastName")),
        *_text_issues(f"{source}.firstName", person.get("firstName"), 255),
        *_text_issues(f"{source}.salutation", person.get("salutation"), 25),
    ]


def _address_issues(addresses: Any) -> list[Issue]:
    issues: list[Issue] = []
    for kind in ("billing", "shipping"):
        entries = (addresses.get(kind) if isinstance(addresses, dict) else None) or []
        if not isinstance(entries, list) or len(entries) > 1:
            issues.append(issue("invalid_value", f"addresses.{kind}.size"))
            continue
        for entry in entries:
            source = f"addresses.{kind}[0].countryCode"
            code = entry.get("countryCode") if isinstance(entry, dict) else None
            if code is None:
                issues.append(issue("missing_entity", source))
            elif code not in COUNTRY_CODES:
                issues.append(issue("countrycode_is_not_valid", source))
    return issues


def _email_issues(emails: Any) -> list[Issue]:
    issues = _list_issues("emailAddresses", emails, _EMAIL_LISTS)
    for kind in _EMAIL_LISTS:
        entries = (emails.get(kind) if isinstance(emails, dict) else None) or []
        if isinstance(entries, list) and not all(_is_email(entry) for entry in entries):
            issues.append(issue("invalid_value", "emailAddresses[0].emailAddress"))
    return issues


def _phone_issues(body: dict[str, Any]) -> list[Issue]:
    """Numbers of more than 30 characters or with letters in them."""
    lists, company = body.get("phoneNumbers"), body.get("company")
    numbers = [entry for name in _PHONE_LISTS for entry in _entries(lists, name)]
    numbers += [
        person["phoneNumber"]
        for person in _entries(company, "contactPersons")
        if isinstance(person, dict) and person.get("phoneNumber")
    ]
    fits = (isinstance(number, str) and _PHONE.fullmatch(number) for number in numbers)
    return [] if all(fits) else [issue("invalid_size", "phoneNumbers[0].phoneNumber")]


def _entries(part: Any, name: str) -> list[Any]:
    entries = part.get(name) if isinstance(part, dict) else None
    return entries if isinstance(entries, list) else []


def _list_issues(source: str, lists: Any, names: tuple[str, ...]) -> list[Issue]:
    if lists is None:
        return []
    if not isinstance(lists, dict):
        return [issue("invalid_value", source)]
    entries = [(name, lists.get(name) or []) for name in names]
    return [
        issue("invalid_value", f"{source}.{name}.size")
        for name, values in entries
        if not isinstance(values, list) or len(values) > 1
    ]


def _xrechnung_issues(xrechnung: Any) -> list[Issue]:
    if xrechnung is None:
        return []
    given = [bool(xrechnung.get(name)) for name in ("buyerReference", "vendorNumberAtCustomer")]
    return [] if given[0] == given[1] else [issue("missing_entity", "xRechnung")]


def _required(source: str, text: Any) -> list[Issue]:
    if not isinstance(text, str) or not text.strip():
        return [issue("missing_entity", source)]
    return _text_issues(source, text, 255)


def _text_issues(source: str, text: Any, longest: int) -> list[Issue]:
    if text is None or (isinstance(text, str) and len(text) <= longest):
        return []
    return [issue("invalid_value", source)]


def _is_email(text: Any) -> bool:
    return isinstance(text, str) and _EMAIL.fullmatch(text) is not None
