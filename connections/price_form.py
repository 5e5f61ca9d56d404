from __future__ import annotations

from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from connections import answering, prices
from connections.models import Connection
from teams.forms import Styled


class Lines(forms.CharField):
    """Text whose lines browsers end with CR LF."""

    def to_python(self, value: Any) -> str:
        return str(super().to_python(value)).replace("\r\n", "\n")


class PriceForm(Styled, forms.Form):
    """What training and answers cost on a connection."""

    price_list = Lines(
        label=_("Prices of training"),
        required=False,
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 8, "placeholder": "ada = 0.40\ncurie = 3.00", "spellcheck": "false"}),
        help_text=_("One base a line, with what a million training tokens cost. Costs are unknown for what is not here."),
    )
    answer_list = Lines(
        label=_("Prices of answers"),
        required=False,
        max_length=20_000,
        widget=forms.Textarea(
            attrs={
                "rows": 5,
                "placeholder": "davinci-002 = 2.00 / 2.00\nft:davinci-002 = 12.00 / 12.00",
                "spellcheck": "false",
            }
        ),
        help_text=_(
            "One model a line, with what a million tokens cost that it reads, and that it writes. "
            "Write ft: before a base for all models that were fine-tuned from it."
        ),
    )
    currency = forms.CharField(label=_("Currency"), max_length=3, help_text=_("Three letters, such as USD or KRW."))
    bills_validation = forms.BooleanField(
        label=_("The validation part is charged too"),
        required=False,
        help_text=_("Once in each epoch. OpenAI charges training tokens only; some providers charge these too."),
    )

    def __init__(self, *args: Any, connection: Connection, **kwargs: Any) -> None:
        self.connection = connection
        initial = {
            "price_list": prices.written(connection.prices),
            "answer_list": answering.written(connection),
            "currency": connection.currency,
            "bills_validation": connection.bills_validation,
        }
        super().__init__(*args, initial=initial, **kwargs)

    def clean_price_list(self) -> dict[str, str]:
        try:
            return prices.read(self.cleaned_data["price_list"])
        except prices.BadLine as line:
            text = gettext("Write each line like this: ada = 0.40. This one is different: %(line)s")
            raise forms.ValidationError(text % {"line": line}) from None

    def clean_answer_list(self) -> dict[str, answering.Pair]:
        try:
            return answering.read(self.cleaned_data["answer_list"])
        except prices.BadLine as line:
            text = gettext("Write each line like this: davinci-002 = 2.00 / 2.00. This one is different: %(line)s")
            raise forms.ValidationError(text % {"line": line}) from None

    def clean_currency(self) -> str:
        return currency_of(self.cleaned_data["currency"])

    def keep(self) -> None:
        """Save the connection's prices alone: how it is reached is none of this form's business."""
        chosen, today = self.cleaned_data, timezone.localdate()
        answering.write(self.connection, chosen["answer_list"], currency=chosen["currency"], on=today)
        prices.write(self.connection, chosen["price_list"], currency=chosen["currency"], on=today)
        self.connection.bills_validation = chosen["bills_validation"]
        self.connection.save(update_fields=["prices", "price_dates", "answer_prices", "currency", "bills_validation"])


def currency_of(text: str) -> str:
    """Return the three letters of a currency; raise ValidationError if they are none."""
    currency = text.strip().upper()
    if not (len(currency) == 3 and currency.isascii() and currency.isalpha()):
        raise forms.ValidationError(_("Write the three letters of a currency, such as USD or KRW."))
    return currency
