//! Amazon EC2: the one operation of it that Account Management bears on, DescribeRegions.

pub mod model;
