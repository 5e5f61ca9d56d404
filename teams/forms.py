"""The forms of people and organizations, and the mixin that gives every form of Tunedeck its look."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.conf import settings
from django.contrib.auth.forms import SetPasswordForm
from django.contrib.auth.password_validation import validate_password
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from teams import looks
from teams.models import Invitation, Organization, Role, User

if TYPE_CHECKING:
    Base = forms.BaseForm
    PasswordForm = SetPasswordForm[User]
else:
    Base = object
    PasswordForm = SetPasswordForm

PLAIN = (forms.CheckboxInput, forms.RadioSelect, forms.CheckboxSelectMultiple, forms.HiddenInput)


class Styled(Base):
    """Gives controls the class `input`; put it before `forms.Form` or `forms.ModelForm`."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            if not isinstance(field.widget, PLAIN):
                classes = str(field.widget.attrs.get("class", ""))
                field.widget.attrs["class"] = f"{classes} input".strip()


class InvitationForm(Styled, forms.ModelForm[Invitation]):
    class Meta:
        model = Invitation
        fields = ("role", "email")
        help_texts = {"email": _("Then only a person with this address can use the link.")}


class RoleForm(Styled, forms.Form):
    role = forms.ChoiceField(label=_("Role"), choices=Role.choices)


class OrganizationForm(Styled, forms.ModelForm[Organization]):
    class Meta:
        model = Organization
        fields = ("name",)


class PersonForm(Styled, forms.ModelForm[User]):
    """A person's own name and address; the address is how they sign in."""

    class Meta:
        model = User
        fields = ("name", "email")
        help_texts = {"name": _("What your team sees beside your work."), "email": _("You sign in with it.")}
        widgets = {
            "name": forms.TextInput(attrs={"autocomplete": "name"}),
            "email": forms.EmailInput(attrs={"autocomplete": "username"}),
        }

    def clean_email(self) -> str:
        email = str(self.cleaned_data["email"]).lower()
        if User.objects.filter(email__iexact=email).exclude(pk=self.instance.pk).exists():
            raise forms.ValidationError(_("Somebody else signs in with this address."))
        return email


class LooksForm(Styled, forms.ModelForm[User]):
    """How a person wants to see things; empty is: as their browser says."""

    class Meta:
        model = User
        fields = ("language", "formats", "numbers", "time_zone")
        help_texts = {"time_zone": _("Times on the pages are shown in it.")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offers: dict[str, list[tuple[str, Any]]] = {
            "language": [("", _("As the browser says")), *settings.LANGUAGES],
            "formats": [*looks.FORMATS],
            "numbers": [*looks.NUMBERS],
            "time_zone": [("", _("As the browser says")), *((zone, zone) for zone in looks.zones())],
        }
        for name, choices in offers.items():
            label = self.fields[name].label
            widget = forms.Select(attrs={"class": "input"})
            self.fields[name] = forms.ChoiceField(label=label, choices=choices, required=False, widget=widget)


class NewPasswordForm(Styled, PasswordForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["new_password1"].help_text = password_help()
        self.fields["new_password2"].label = gettext("New password again")
        self.fields["new_password2"].help_text = ""


class JoinForm(Styled, forms.Form):
    """A new account; the address is fixed when the invitation names one."""

    name = forms.CharField(label=_("Your name"), max_length=120, widget=forms.TextInput(attrs={"autocomplete": "name"}))
    email = forms.EmailField(label=_("E-mail address"), widget=forms.EmailInput(attrs={"autocomplete": "username"}))
    password = forms.CharField(
        label=_("Password"), strip=False, widget=forms.PasswordInput(attrs={"autocomplete": "new-password"})
    )

    def __init__(self, *args: Any, email: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password"].help_text = password_help()
        if email:
            self.fields["email"].initial = email
            self.fields["email"].disabled = True

    def clean_email(self) -> str:
        email = str(self.cleaned_data["email"]).lower()
        if User.objects.filter(email__iexact=email).exists():
            raise forms.ValidationError(
                _("There is an account with this address already. Sign in first, then open the link again.")
            )
        return email

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if password := data.get("password"):
            person = User(email=data.get("email", ""), name=data.get("name", ""))
            try:
                validate_password(password, person)
            except forms.ValidationError as error:
                self.add_error("password", error)
        return data


def password_help() -> str:
    return gettext(
        "At least %(length)s characters: not only digits, no common password, nothing like your name or address."
    ) % {"length": settings.PASSWORD_LENGTH}
