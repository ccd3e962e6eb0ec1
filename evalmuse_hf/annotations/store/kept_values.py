"""Values that a store makes once and keeps, such as secrets: the same for all servers and commands of one store."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from evalmuse_hf.annotations.store.engine import Store
from evalmuse_hf.annotations.store.tables import settings


def kept_value(store: Store, name: str, new: str) -> str:
    """The value that a store keeps under a name; the first caller's becomes everybody's.

    Args:
        store: The store.
        name: Of the setting.
        new: The value, if there is none yet.

    Raises:
        StoreError: If there is none yet, and the store cannot be written.
    """
    query = sa.select(settings.c.value).where(settings.c.name == name)
    with store.read() as connection:
        value: Any = connection.execute(query).scalar()
    if value is not None:
        return str(value)
    try:
        with store.begin() as connection:
            value = connection.execute(query).scalar()
            if value is None:
                connection.execute(sa.insert(settings).values(name=name, value=new))
                value = new
    except IntegrityError:  # another process was faster
        with store.read() as connection:
            value = connection.execute(query).scalar_one()
    return str(value)
