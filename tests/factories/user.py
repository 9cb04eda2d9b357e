"""People with a confirmed e-mail address, as they are after signing up."""

import factory
from allauth.account.models import EmailAddress

from institutions.models import User

PASSWORD = "vmobility-demo"


class UserFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = User
        skip_postgeneration_save = True

    name = factory.Sequence(lambda n: f"Person {n}")
    email = factory.Sequence(lambda n: f"person{n}@mail.example")
    zone = "UTC"
    password = factory.django.Password(PASSWORD)

    @factory.post_generation
    def verified(self, create, value, **kwargs):
        """The address is confirmed, unless `verified=False`."""
        if create:
            EmailAddress.objects.create(user=self, email=self.email, primary=True, verified=value is not False)
