"""The base of pydantic models: each is compiled when it is first used, because a function's run uses few of them."""

from pydantic import BaseModel, ConfigDict


class LazyModel(BaseModel):
    """A model whose validator and serializer are built at its first use: all of them would be a fifth of a cold start."""

    model_config = ConfigDict(defer_build=True)
