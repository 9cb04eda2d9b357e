"""Django's mail backend over SMTP, with the short way for our own letters (institutions/interop/letters.py)."""

from django.core.mail import EmailMessage
from django.core.mail.backends import smtp

from institutions.interop.letters import Letter


class SMTPBackend(smtp.EmailBackend):
    def _send(self, email_message: EmailMessage) -> bool:
        if not isinstance(email_message, Letter):
            return super()._send(email_message)  # type: ignore[misc]  # Django's own hook, which the stubs leave out
        assert self.connection is not None  # send_messages has opened it
        self.connection.sendmail(email_message.sender, [email_message.recipient], email_message.wire())
        return True
