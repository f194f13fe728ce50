-- Run once, when the volume is new. Yeyak's own database is made by the image
-- (POSTGRES_DB), its tables by `yeyak migrate`, Temporal's by its schema job.
CREATE DATABASE sandbox;
CREATE DATABASE marketing;
CREATE DATABASE temporal;
CREATE DATABASE temporal_visibility;
