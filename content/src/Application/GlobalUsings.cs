global using Application.Common;
global using Domain.Common;
global using ErrorOr;
global using FluentValidation;
global using Mediator;
