-- Run once, when the volume is new. Yeyak's own database is made by the image.
CREATE DATABASE sandbox;
CREATE DATABASE marketing;
