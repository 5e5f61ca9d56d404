"""Recipes: keep one, replay it on another dataset, take it out as a file and in again."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from datasets import keep as keeping
from datasets import recipe as steps
from datasets.forms import KeepForm, RecipeFileForm, ReplayForm
from datasets.models import SavedRecipe
from datasets.views.page import begin, dataset_of, refused
from datasets.wording import say
from datasets.words import Refused
from teams import access, audit
from teams.access import OrgRequest


@require_http_methods(["GET", "HEAD", "POST"])
@access.member
def recipes(request: OrgRequest) -> HttpResponse:
    """The list; a posted file is taken in."""
    form = RecipeFileForm(request.POST, request.FILES) if request.method == "POST" else RecipeFileForm()
    if form.is_valid():
        try:
            kept = keeping.from_file(
                form.cleaned_data["file"].read(keeping.MOST_BYTES + 1), request.organization, request.user
            )
        except Refused as why:
            form.add_error("file", say(why.sentence))
        else:
            audit.record(request, "recipe.imported", None, name=kept.name)
            return redirect("datasets:recipes")
    saved = SavedRecipe.objects.of(request.organization).select_related("created_by")
    told = [(one, [say(sentence) for sentence in steps.in_words(one.steps)]) for one in saved]
    context = {"recipes": told, "form": form}
    return render(request, "datasets/recipes.html", context, status=422 if form.errors else 200)


@require_safe
@access.member
def recipe_file(request: OrgRequest, pk: int) -> HttpResponse:
    recipe = get_object_or_404(SavedRecipe.objects.of(request.organization), pk=pk)
    audit.revealed(request, "recipe.downloaded", None, name=recipe.name)
    name = f"{slugify(recipe.name) or 'recipe'}.json"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(keeping.to_file(recipe), content_type="application/json", headers=headers)


@require_POST
@access.member
def recipe_delete(request: OrgRequest, pk: int) -> HttpResponse:
    recipe = get_object_or_404(SavedRecipe.objects.of(request.organization), pk=pk)
    recipe.delete()
    audit.record(request, "recipe.deleted", None, name=recipe.name)
    messages.success(request, _("“%(name)s” was deleted.") % {"name": recipe.name})
    return redirect("datasets:recipes")


@require_POST
@access.member
def keep(request: OrgRequest, pk: int) -> HttpResponse:
    dataset = dataset_of(request, pk)
    form = KeepForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Give the recipe a name."))
        return redirect(dataset)
    try:
        kept = keeping.keep(dataset, form.cleaned_data["name"], request.user)
    except Refused as why:
        return refused(request, why, dataset)
    audit.record(request, "recipe.kept", dataset, name=kept.name)
    messages.success(
        request, _("Kept as the recipe “%(name)s”: it can be replayed on the next upload.") % {"name": kept.name}
    )
    return redirect(dataset)


@require_POST
@access.member
def replay(request: OrgRequest, pk: int) -> HttpResponse:
    dataset = dataset_of(request, pk)
    form = ReplayForm(request.POST, recipes=SavedRecipe.objects.of(request.organization))
    if not form.is_valid():
        messages.error(request, _("That recipe is gone."))
        return redirect(dataset)
    recipe = form.cleaned_data["recipe"]
    try:
        count = keeping.replay(dataset, recipe, by=str(request.user))
    except Refused as why:
        return refused(request, why, dataset)
    audit.record(request, "recipe.replayed", dataset, name=recipe.name, steps=count)
    said = ngettext("%(count)d step of “%(name)s” was replayed.", "%(count)d steps of “%(name)s” were replayed.", count)
    messages.success(request, said % {"count": count, "name": recipe.name})
    begin(dataset)
    return redirect(dataset)
