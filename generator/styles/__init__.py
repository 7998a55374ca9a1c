"""The catalog of styles: what can be drawn, in data files that a reader without cv2 or torch can load."""

from __future__ import annotations

from generator.styles.catalog import CATALOG_FOLDER, PAINTED_FOLDER, Catalog, CatalogInvalid, faults, load_catalog
from generator.styles.style import Style

__all__ = ["CATALOG_FOLDER", "PAINTED_FOLDER", "Catalog", "CatalogInvalid", "Style", "faults", "load_catalog"]
