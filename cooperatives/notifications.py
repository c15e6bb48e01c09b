"""What officers and those who work for a cooperative are told of registrations, and the letter of an invitation."""

from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override

from accounts.models import OfficerPost, User
from accounts.permissions import roles_with
from cooperatives.models import Certificate, CertificateStep, Cooperative, Invitation, RegistrationStep
from office.sentences import Sentence
from office.services import notify
from places.models import AdministrativeUnit

DECISIONS = {
    RegistrationStep.VERIFY: gettext_lazy("Đăng ký của %(name)s đã được xác minh."),
    RegistrationStep.RETURN: gettext_lazy("Đăng ký của %(name)s bị trả lại: %(reason)s"),
}
CERTIFICATE_DECISIONS = {
    CertificateStep.CHECK: gettext_lazy("Chứng nhận %(certificate)s của %(name)s đã được kiểm tra, khớp giấy tờ."),
    CertificateStep.REFUSE: gettext_lazy("Chứng nhận %(certificate)s của %(name)s không khớp giấy tờ: %(reason)s"),
}


def registration_arrived(cooperative: Cooperative) -> None:
    """Tell the officers who may verify it that a registration waits; a household is not named."""
    name = cooperative.name if cooperative.is_organisation else gettext_lazy("Một hộ cá thể")
    text = Sentence(gettext_lazy("%(name)s gửi đăng ký, chờ xác minh."), {"name": name})
    notify(
        _nearest_officers(cooperative),
        "cooperatives.registered",
        text,
        reverse("cooperatives:registration-detail", args=[cooperative.pk]),
    )


def registration_decided(cooperative: Cooperative, step: str, reason: str) -> None:
    """Tell everybody who works for the cooperative what the officer decided."""
    users = User.objects.filter(memberships__cooperative=cooperative).distinct()
    text = Sentence(DECISIONS[RegistrationStep(step)], {"name": cooperative.name, "reason": reason})
    name = "cooperatives:join-detail" if step == RegistrationStep.RETURN else "cooperatives:home"
    url = reverse(name, args=[cooperative.slug]) if step == RegistrationStep.RETURN else reverse(name)
    notify(users, f"cooperatives.{step}", text, f"{url}?cooperative={cooperative.slug}")


def invitation_accepted(invitation: Invitation, user: Any) -> None:
    """Tell who invited that the link was used, and by whom."""
    text = Sentence(
        gettext_lazy("%(user)s đã nhận lời mời làm việc cho %(name)s."),
        {"user": user, "name": invitation.cooperative.name},
    )
    url = f"{reverse('cooperatives:people')}?cooperative={invitation.cooperative.slug}"
    notify([invitation.invited_by], "cooperatives.invitation_accepted", text, url)


def invitation_letter(invitation: Invitation, token: str) -> tuple[str, str, str]:
    """Return subject, text and sender of the mail with the link; in Vietnamese, the language of the house."""
    with override(settings.LANGUAGE_CODE):
        facts = {
            "name": invitation.cooperative.name,
            "role": invitation.get_role_display(),
            "by": invitation.invited_by,
            "until": f"{invitation.expires_at:%d/%m/%Y}",
            "link": settings.PUBLIC_URL + reverse("cooperatives:invitation", args=[token]),
        }
        subject = _("Vùng Trồng: lời mời làm việc cho %(name)s") % facts
        text = (
            _(
                "%(by)s mời bạn làm việc cho %(name)s trên Vùng Trồng với vai trò: %(role)s.\n\n"
                "Mở liên kết này để nhận lời, đến hết ngày %(until)s, chỉ dùng được một lần:\n\n%(link)s\n\n"
                "Nếu bạn không biết người mời, xin bỏ qua thư này. Thư tự động, xin không trả lời."
            )
            % facts
        )
    return " ".join(subject.split())[:160], text, settings.DEFAULT_FROM_EMAIL


def certificate_waits(certificate: Certificate) -> None:
    """Tell the officers who may check it, once a day for each cooperative, that a certificate came with its paper."""
    cooperative = certificate.cooperative
    name = cooperative.name if cooperative.is_organisation else gettext_lazy("Một hộ cá thể")
    text = Sentence(gettext_lazy("%(name)s gửi giấy chứng nhận, chờ kiểm tra."), {"name": name})
    notify(
        _nearest_officers(cooperative, "cooperatives.check_certificate"),
        "cooperatives.certificate_waits",
        text,
        reverse("cooperatives:desk-certificate-list"),
        once_key=f"certificate_waits:{cooperative.pk}:{localdate()}",
    )


def certificate_decided(certificate: Certificate, step: str, reason: str) -> None:
    """Tell everybody who works for the cooperative what the officer found."""
    cooperative = certificate.cooperative
    users = User.objects.filter(memberships__cooperative=cooperative).distinct()
    facts = {"certificate": certificate, "name": cooperative.name, "reason": reason}
    url = reverse("cooperatives:certificate-detail", args=[certificate.pk])
    notify(
        users, f"cooperatives.certificate_{step}", Sentence(CERTIFICATE_DECISIONS[CertificateStep(step)], facts), url
    )


def _nearest_officers(cooperative: Cooperative, grant: str = "cooperatives.verify_cooperative") -> Any:
    """Officers of the commune who do not work for the cooperative; where there are none, of the next unit above."""
    workers = User.objects.filter(memberships__cooperative=cooperative)
    in_post = OfficerPost.objects.on(localdate()).filter(role__in=roles_with(grant))
    unit: AdministrativeUnit | None = cooperative.commune
    while unit is not None:
        officers = User.objects.filter(posts__in=in_post.filter(unit=unit), is_active=True).exclude(pk__in=workers)
        if officers.exists():
            return officers.distinct()
        unit = unit.parent
    return User.objects.none()
