global using CsCheck;
global using Domain.Common;
