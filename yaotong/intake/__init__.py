"""Intake (接收): the only package that reads the world. Files in, canonical rows and reasons out.

Every module directly in this package is a source: it defines one `PROFILE`. The machinery lies in the
subpackages `core`, `formats` and `checks`.
"""

from yaotong.intake.core.canonical import registry_shas
from yaotong.intake.core.limits import Limits
from yaotong.intake.core.masking import file_text, mask_id_like
from yaotong.intake.core.profile import Profile, profiles
from yaotong.intake.core.pseudonym import Pseudonymiser
from yaotong.intake.core.reading import Reading, read_file, write_rejects
from yaotong.intake.core.reference import Reference
from yaotong.intake.formats.opening import sha256_of

__all__ = [
    "Limits",
    "Profile",
    "Pseudonymiser",
    "Reading",
    "Reference",
    "file_text",
    "mask_id_like",
    "profiles",
    "read_file",
    "registry_shas",
    "sha256_of",
    "write_rejects",
]
