mod figure;
mod portraits;
