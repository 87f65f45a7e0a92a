"""Map layers: one file each, found by discovery; folium is used here and nowhere else."""
