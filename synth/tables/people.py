"""Every column of those who exist, declared once: the tables of entities, and what a profile says of people."""

from synth.tables.column import Column

HOLDER_COLUMNS = {
    column.name: column
    for column in (
        Column("card_id", "int64", "", "key", "the holder's card: its index in the population"),
        Column("card_number", "string", "", "key", "the holder's card number"),
        Column("holder_id", "int64", "", "key", "index of the holder, from 0"),
        Column("name", "string", "", "observable", "full name", free_text=True),
        Column("first_name", "string", "", "observable", "first name, a part of the full one", free_text=True),
        Column("last_name", "string", "", "observable", "last name, a part of the full one", free_text=True),
        Column("gender", "string", "", "observable", "F or M, in keeping with the name", enumerated=True),
        Column("email", "string", "", "observable", "e-mail address, unique"),
        Column("phone", "string", "", "observable", "telephone number", free_text=True),
        Column("address", "string", "", "observable", "postal address", free_text=True),
        Column("birth_date", "date32[day]", "", "observable", "day of birth"),
        Column("job", "string", "", "observable", "occupation", free_text=True),
    )
}
"""The holders table: what a profile says of who holds a card, where there are no customers."""

PROFILE_COLUMNS = {name: column for name, column in HOLDER_COLUMNS.items() if not name.startswith(("card", "holder"))}
"""What a profile says of a person."""

CITY_PROFILE_COLUMNS = {
    column.name: column
    for column in (
        Column("street", "string", "", "observable", "street and number of the address", free_text=True),
        Column("zip", "string", "", "observable", "postal code of the address", free_text=True),
    )
}
"""What a profile says beside it of a person who lives in a city."""

STATE_PROFILE_COLUMNS = {
    column.name: column
    for column in (
        Column("state", "string", "", "observable", "state of the city, as USPS code", enumerated=True),
        Column("inhabitants", "int64", "", "observable", "real inhabitants of the city, whatever its share"),
    )
}
"""What a profile says beside that of a person who lives in a city of the USA."""

_PLACE = (
    Column("city", "string", "", "observable", "the city that it belongs to", enumerated=True),
    Column("country", "string", "", "observable", "its country, as ISO 3166 code", enumerated=True),
    Column("latitude", "double", "degrees", "observable", "where it lies"),
    Column("longitude", "double", "degrees", "observable", "where it lies"),
    Column("x_km", "double", "km", "observable", "east in the plane of the population; distances in a city are true"),
    Column("y_km", "double", "km", "observable", "north in the plane of the population"),
)

ENTITY_COLUMNS = {
    table: {column.name: column for column in columns}
    for table, columns in {
        "customers": (
            Column("customer_id", "int64", "", "key", "index of the customer, from 0"),
            Column("segment", "string", "", "observable", "how the customer spends", enumerated=True),
            Column("age", "int8", "years", "observable", "full years at the start of the window"),
            Column("age_band", "string", "", "observable", "band of the age", enumerated=True),
            Column("income_band", "string", "", "observable", "band of the income", enumerated=True),
            Column("income_minor", "int64", "minor units (cents)", "observable", "income of a year"),
            *_PLACE,
            *PROFILE_COLUMNS.values(),
            *CITY_PROFILE_COLUMNS.values(),
            *STATE_PROFILE_COLUMNS.values(),
        ),
        "cards": (
            Column("card_id", "int64", "", "key", "index of the card in the population, from 0"),
            Column("card_number", "string", "", "key", "card number, Luhn-valid"),
            Column("customer_id", "int64", "", "key", "who holds it", references=("customers",)),
            Column("network", "string", "", "observable", "card network", enumerated=True),
            Column("funding", "string", "", "observable", "credit or debit", categories=("debit", "credit")),
            Column("limit_minor", "int64", "minor units (cents)", "observable", "credit line; of debit: of a month"),
            Column("opened", "date32[day]", "", "observable", "day of opening, before the window"),
        ),
        "devices": (
            Column("device_id", "int64", "", "key", "index of the device, from 0"),
            Column("customer_id", "int64", "", "key", "who uses it", references=("customers",)),
            Column("kind", "string", "", "observable", "kind of device", enumerated=True),
        ),
        "merchants": (
            Column("merchant_id", "int64", "", "key", "index of the merchant, from 0"),
            Column("name", "string", "", "observable", "name, unique", free_text=True),
            Column("category", "string", "", "observable", "what it sells", enumerated=True),
            Column("mcc", "string", "", "observable", "merchant category code (ISO 18245)", enumerated=True),
            Column("online", "int8", "", "observable", "1 where it sells on the web only"),
            Column("price_level", "double", "", "observable", "factor on the prices of its category, median 1"),
            Column("opens_hour", "int8", "hour of the day", "observable", "from then on it sells"),
            Column("closes_hour", "int8", "hour of the day", "observable", "until then it sells"),
            Column("size", "double", "", "observable", "popularity, 1 for the average merchant"),
            *_PLACE,
        ),
        "terminals": (
            Column("terminal_id", "int64", "", "key", "index of the terminal, from 0"),
            Column("merchant_id", "int64", "", "key", "whose it is", references=("merchants",)),
            *_PLACE,
        ),
    }.items()
}
"""The tables of entities, their key first; columns of cities, states and a profile only where there are any."""

LOOKUP_KEYS = {"cards": "card_id", "customers": "card_id", "merchants": "merchant_id", "terminals": "terminal_id"}
"""Tables in which an event has a row, by the column that leads there: from the card one comes to its customer, too, and
to the others where the generator has that column."""
