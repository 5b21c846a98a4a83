global using Domain.Common;
global using ErrorOr;
