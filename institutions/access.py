"""One access function per object: it answers the object, or 404 alike for what is unknown and what is forbidden."""

from django.db.models import QuerySet
from django.http import Http404
from django.shortcuts import get_object_or_404

from institutions.enums import Channel, NoticeStatus
from institutions.models import Notice, User


def access_notice(user: User, pk: int) -> Notice:
    """A notice in one's own inbox."""
    return get_object_or_404(Notice.objects.inbox(user), pk=pk)


def access_lost_mails(user: User) -> QuerySet[Notice]:
    """Mails that bounced or were given up, for platform admins only."""
    if not user.is_platform_admin:
        raise Http404
    lost = Notice.objects.filter(channel=Channel.EMAIL, status__in=(NoticeStatus.BOUNCED, NoticeStatus.DEAD))
    return lost.select_related("recipient")


def access_lost_mail(user: User, pk: int) -> Notice:
    return get_object_or_404(access_lost_mails(user), pk=pk)
