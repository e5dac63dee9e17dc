"""Django: migrations, introspection, the ORM."""
import datetime
import decimal
import io
import pathlib
import sys
import tempfile
from urllib.parse import urlparse

import django
from django.conf import settings
from django.core.management import call_command

MODELS = '''
import uuid
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower, Now


class Author(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    email = models.EmailField(unique=True, db_comment="where to write")
    born = models.DateField(null=True)
    stars = models.PositiveSmallIntegerField(default=3)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(stars__lte=5), name="stars_le_5")]
        indexes = [models.Index(Lower("email"), name="lower_email"), models.Index(fields=["-born"], name="born_desc")]


class Tag(models.Model):
    name = models.CharField(max_length=50, unique=True)


class Book(models.Model):
    title = models.CharField(max_length=200, db_index=True)
    author = models.ForeignKey(Author, on_delete=models.CASCADE, related_name="books")
    tags = models.ManyToManyField(Tag)
    price = models.DecimalField(max_digits=10, decimal_places=2, default=0)
    twice = models.GeneratedField(expression=F("price") * 2, output_field=models.DecimalField(max_digits=12, decimal_places=2), db_persist=True)
    meta = models.JSONField(default=dict)
    words = ArrayField(models.CharField(max_length=20), default=list)
    made = models.DateTimeField(db_default=Now())
    took = models.DurationField(null=True)
    ip = models.GenericIPAddressField(null=True)
    ok = models.BooleanField(default=False)

    class Meta:
        unique_together = [("title", "author")]
        constraints = [models.UniqueConstraint(fields=["title"], condition=Q(ok=True), name="one_ok")]
        indexes = [models.Index(fields=["price", "title"], name="price_title", include=["ok"])]
'''

url = urlparse(sys.argv[1])
home = pathlib.Path(tempfile.mkdtemp())
(home / "shop" / "migrations").mkdir(parents=True)
(home / "shop" / "__init__.py").touch()
(home / "shop" / "migrations" / "__init__.py").touch()
(home / "shop" / "models.py").write_text(MODELS)
sys.path.insert(0, str(home))
settings.configure(
    SECRET_KEY="x",
    USE_TZ=True,
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions", "django.contrib.postgres", "shop"],
    DATABASES={"default": {"ENGINE": "django.db.backends.postgresql", "HOST": url.hostname, "PORT": url.port, "USER": url.username, "NAME": url.path[1:]}},
)
django.setup()

from django.contrib.postgres.aggregates import ArrayAgg  # noqa: E402
from django.db import IntegrityError, connection, transaction  # noqa: E402
from django.db.models import Count, Exists, F, Max, OuterRef, Q, Sum, Window  # noqa: E402
from django.db.models.functions import Lower, Rank  # noqa: E402
from shop.models import Author, Book, Tag  # noqa: E402


def manage(*args, **options):
    out = io.StringIO()
    call_command(*args, stdout=out, **options)
    return out.getvalue()


manage("makemigrations", "shop", verbosity=0)
manage("migrate", verbosity=0)
assert "No changes" in manage("makemigrations", "--check", "--dry-run")
text = manage("inspectdb", "shop_book", "shop_author")
for part in ["models.ForeignKey('ShopAuthor', models.DO_NOTHING)", "max_digits=10, decimal_places=2", "models.JSONField()", "models.UUIDField(primary_key=True)",
             "models.GenericIPAddressField", "db_comment='where to write'", "unique_together = (('title', 'author'),)"]:
    assert part in text, (part, text)

a = Author.objects.create(email="A@x", born=datetime.date(1990, 1, 2))
b = Author.objects.create(email="b@x")
tags = [Tag.objects.create(name=n) for n in "xyz"]
books = [Book.objects.create(title=f"T{i}", author=a if i % 2 else b, price=decimal.Decimal(i), meta={"i": i, "n": {"k": [1, 2]}}, words=["p", "q"][: i % 3],
                             took=datetime.timedelta(hours=i), ip=f"10.0.0.{i}") for i in range(8)]
books[0].tags.set(tags)
assert Book.objects.filter(meta__n__k__0=1).count() == 8 and Book.objects.filter(meta__i__gt=4).count() == 3
assert Book.objects.filter(words__contains=["q"]).count() == 2 and Book.objects.filter(words__len=1).count() == 3
assert list(Author.objects.annotate(n=Count("books"), s=Sum("books__price"), m=Max("books__ip")).order_by("email").values_list("email", "n", "s")) == [
    ("A@x", 4, 16), ("b@x", 4, 12)]
ranks = Book.objects.annotate(r=Window(Rank(), partition_by="author", order_by=F("price").desc())).order_by("title").values_list("title", "r", "twice")
assert list(ranks)[:2] == [("T0", 4, 0), ("T1", 4, 2)], list(ranks)
assert Book.objects.filter(Exists(Tag.objects.filter(book=OuterRef("pk")))).count() == 1
assert Author.objects.annotate(low=Lower("email")).get(low="a@x").pk == a.pk
assert Book.objects.aggregate(t=ArrayAgg("title", ordering="title", filter=Q(price__gt=5)))["t"] == ["T6", "T7"]
assert Book.objects.filter(took__gt=datetime.timedelta(hours=3), ip="10.0.0.5", title__iregex="t[5]").get().twice == 10
Tag.objects.bulk_create([Tag(name="x"), Tag(name="w")], ignore_conflicts=True)
Tag.objects.bulk_create([Tag(name="x"), Tag(name="v")], update_conflicts=True, unique_fields=["name"], update_fields=["name"])
assert Tag.objects.count() == 5
for wrong in [{"email": "A@x"}, {"email": "c@x", "stars": 9}]:
    try:
        with transaction.atomic():
            Author.objects.create(**wrong)
        raise AssertionError(wrong)
    except IntegrityError:
        pass
with transaction.atomic():
    assert len(Book.objects.select_for_update(skip_locked=True).filter(price__gt=1)) == 6
with connection.cursor() as c:
    found = connection.introspection.get_constraints(c, "shop_author")
    assert found["lower_email"]["index"] and found["stars_le_5"]["check"] and found["born_desc"]["orders"] == ["DESC"], found
a.delete()
assert Book.objects.count() == 4
manage("flush", interactive=False, verbosity=0)
manage("migrate", "shop", "zero", verbosity=0)
print("ok")
