from django.apps import AppConfig


class VmobilityConfig(AppConfig):
    name = "vmobility"
    verbose_name = "vmobility"

    def ready(self) -> None:
        from vmobility import checks  # noqa: F401  (registers the system checks)
