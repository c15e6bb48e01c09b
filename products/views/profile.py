"""A cooperative's own side of its public page: story, contact, photos, the page as buyers see it."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cooperatives.models import Cooperative
from cooperatives.permissions import can_publish_contact
from cooperatives.services import change_profile
from cooperatives.views import cooperative_of
from core.form_errors import saved
from core.views import show_domain_errors
from products import services
from products.forms_shops import CaptionForm, PhotoForm, ProfileForm
from products.models import ProducerPhoto
from products.permissions import can_edit_products
from products.services.photos import MAX_PHOTOS
from products.views.photos import photo_response
from products.views.producer import producer_response


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@show_domain_errors
def profile(request: HttpRequest) -> HttpResponse:
    """The story, whether the contact is public, and the photos."""
    cooperative = cooperative_of(request)
    may_publish = can_publish_contact(request.user, cooperative)
    initial = {"story": cooperative.story, "has_public_contact": cooperative.has_public_contact}
    form = ProfileForm(request.POST or None, initial=initial, may_publish_contact=may_publish)
    is_sent = request.method == "POST" and form.is_valid()
    if is_sent and saved(form, lambda: change_profile(cooperative, by=request.user, **form.cleaned_data)) is not None:
        messages.success(request, _("Đã lưu trang giới thiệu."))
        return redirect(_page_of(cooperative))
    return _profile_page(request, cooperative, form=form)


@login_required
@require_POST
@show_domain_errors
def photo_new(request: HttpRequest) -> HttpResponse:
    """Put up a photo."""
    cooperative = cooperative_of(request)
    form = PhotoForm(request.POST, request.FILES, cooperative=cooperative)
    if form.is_valid():
        values = {**form.cleaned_data, "image": form.cleaned_data["image"].read()}
        if saved(form, lambda: services.add_photo(cooperative, by=request.user, **values), field="image") is not None:
            messages.success(request, _("Đã đăng ảnh."))
            return redirect(_page_of(cooperative))
    return _profile_page(request, cooperative, photo_form=form)


@login_required
@require_POST
@show_domain_errors
def photo_change(request: HttpRequest, pk: int) -> HttpResponse:
    """Caption, order, shown or hidden, removed: what the pressed button says (`do`)."""
    photo = _own_photo(request, pk)
    act = request.POST.get("do", "")
    form = CaptionForm(request.POST)
    if act in ("up", "down"):
        services.move_photo(photo, by_places=-1 if act == "up" else 1, by=request.user)
    elif act in ("show", "hide"):
        services.change_photo(photo, is_shown=act == "show", by=request.user)
    elif act == "remove":
        services.remove_photo(photo, by=request.user)
        messages.success(request, _("Đã xóa ảnh."))
    elif form.is_valid():
        services.change_photo(photo, caption=form.cleaned_data["caption"], by=request.user)
        messages.success(request, _("Đã lưu chú thích."))
    else:
        messages.error(request, " ".join(str(line) for line in form.errors["caption"]))
    return redirect(_page_of(photo.cooperative, "#photos"))


@login_required
@require_safe
@show_domain_errors
def own_photo(request: HttpRequest, pk: int) -> HttpResponse:
    """A photo in its small size for those who work for the cooperative, hidden ones too."""
    response: Any = photo_response(_own_photo(request, pk).small)  # a streamed answer
    response["Cache-Control"] = "private, no-store"
    return response


@login_required
@require_safe
@show_domain_errors
def preview(request: HttpRequest) -> HttpResponse:
    """The public page as buyers see it, also before an officer has verified the cooperative."""
    return producer_response(request, cooperative_of(request), is_preview=True)


def _own_photo(request: HttpRequest, pk: int) -> ProducerPhoto:
    own = ProducerPhoto.objects.filter(cooperative__in=Cooperative.objects.worked_for_by(request.user))
    return get_object_or_404(own.select_related("cooperative", "document", "small"), pk=pk)


def _page_of(cooperative: Cooperative, anchor: str = "") -> str:
    return f"{reverse('products:profile')}?cooperative={cooperative.slug}{anchor}"


def _profile_page(request: HttpRequest, cooperative: Cooperative, **forms: Any) -> HttpResponse:
    may_publish = can_publish_contact(request.user, cooperative)
    initial = {"story": cooperative.story, "has_public_contact": cooperative.has_public_contact}
    photos = list(cooperative.photos.select_related("product"))
    context = {
        "cooperative": cooperative,
        "photos": photos,
        "has_room": len(photos) < MAX_PHOTOS,
        "max_photos": MAX_PHOTOS,
        "may_edit": can_edit_products(request.user, cooperative),
        "may_publish": may_publish,
        "form": forms.get("form") or ProfileForm(initial=initial, may_publish_contact=may_publish),
        "photo_form": forms.get("photo_form") or PhotoForm(cooperative=cooperative),
    }
    status = 422 if any(form.errors for form in forms.values()) else 200
    return render(request, "products/profile.html", context, status=status)
